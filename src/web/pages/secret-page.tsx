import type { Child } from 'hono/jsx';
import { ButtonLink } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Notice } from '../components/states.tsx';
import { ManagerFrame, type Place, type Reader } from '../manager/frame.tsx';
import { manageText } from '../manager/words.ts';
import type { View } from '../view.ts';

/** What is shown once: a QR code, and the same to copy. */
export function SecretPage({
  view,
  reader,
  place,
  title,
  lead,
  qrSvg,
  values,
  back,
}: {
  readonly view: View;
  readonly reader: Reader;
  readonly place: Place;
  readonly title: string;
  readonly lead: Child;
  /** An `svg` element of our own making; null: nothing to scan. */
  readonly qrSvg: string | null;
  readonly values: readonly { readonly name: string; readonly value: string }[];
  readonly back: string;
}) {
  const t = manageText(view);
  return (
    <ManagerFrame view={view} reader={reader} place={place} title={title} width="narrow">
      <h1>{title}</h1>
      <Card>
        <p>{lead}</p>
        {qrSvg !== null && <div class="qr" dangerouslySetInnerHTML={{ __html: qrSvg }} />}
        {values.map(({ name, value }) => (
          <label class="field">
            <span class="legend">{name}</span>
            <input type="text" readonly value={value} data-copy />
          </label>
        ))}
        <Notice tone="warn">{t('once')}</Notice>
        <ButtonLink kind="primary" href={back}>
          {t('done')}
        </ButtonLink>
      </Card>
    </ManagerFrame>
  );
}
