import { Loading } from '../components/states.tsx';
import { Document } from '../layout.tsx';
import { frame } from '../messages/frame.ts';
import { rider } from '../messages/rider.ts';
import { translator } from '../translate.ts';
import type { View } from '../view.ts';

/** The rider's page: a shell that its script fills, kept by the phone so that it opens without signal. */
export function RiderPage({ view }: { readonly view: View }) {
  const t = translator(rider, view.language);
  return (
    <Document
      view={view}
      title={t('title')}
      styles={['rider.css']}
      first="rider.js"
      manifest="/r/manifest.webmanifest"
      bodyClass="rider"
    >
      <main id="app">
        <Loading text={t('loading')} />
        <noscript>
          <p>{translator(frame, view.language)('noScript')}</p>
        </noscript>
      </main>
    </Document>
  );
}
