import { Loading } from '../components/states.tsx';
import type { Account } from '../guard/wire.ts';
import { Document } from '../layout.tsx';
import { frame } from '../messages/frame.ts';
import { guard } from '../messages/guard.ts';
import { translator } from '../translate.ts';
import type { View } from '../view.ts';

/** The guard's page: a shell that its script fills. @param account who is signed in */
export function GuardPage({
  view,
  account,
}: {
  readonly view: View;
  readonly account: Account | null;
}) {
  const t = translator(guard, view.language);
  const { assets } = view;
  return (
    <Document
      view={view}
      title={t('title')}
      styles={['guard.css']}
      scripts={['guard.js']}
      manifest="/g/manifest.webmanifest"
      bodyClass="guard"
    >
      <main
        id="app"
        data-account={JSON.stringify(account)}
        data-decoder={assets.url('guard-decoder.js')}
        data-wasm={assets.url('zxing_reader.wasm')}
      >
        <Loading text={t('loading')} />
        <noscript>
          <p>{translator(frame, view.language)('noScript')}</p>
        </noscript>
      </main>
    </Document>
  );
}
