import type { CommunityRecord } from '../../store/store.ts';
import { Button } from '../components/button.tsx';
import { Document } from '../layout.tsx';
import { Guide } from '../manager/guide.tsx';
import { rulesTextOf } from '../manager/rules-words.ts';
import type { View } from '../view.ts';

/** The entry guide on one sheet, for the gate: black on white, to be printed. */
export function PosterPage({
  view,
  community,
  version,
  sections,
  qrSvg,
}: {
  readonly view: View;
  readonly community: CommunityRecord;
  readonly version: number;
  readonly sections: readonly { readonly title: string; readonly lines: readonly string[] }[];
  readonly qrSvg: string;
}) {
  const t = rulesTextOf(view);
  return (
    <Document
      view={view}
      title={`${t('poster')} · ${community.name}`}
      styles={['manager.css']}
      scripts={['manager.js']}
      bodyClass="poster"
    >
      <main class="poster-sheet">
        <header>
          <h1>{community.name}</h1>
          <p>{t('guide')}</p>
        </header>
        <Guide sections={sections} />
        <footer>
          <div class="qr" dangerouslySetInnerHTML={{ __html: qrSvg }} />
          <p>{t('posterScan')}</p>
          <p class="poster-version">{t('version', { version })}</p>
        </footer>
      </main>
      <p class="poster-print">
        <Button kind="primary" type="button" data-print hidden>
          {t('print')}
        </Button>
      </p>
    </Document>
  );
}
