import type { CommunityRecord } from '../../store/store.ts';
import { Button, ButtonLink } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Field } from '../components/field.tsx';
import { Notice } from '../components/states.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { casesText } from '../messages/cases.ts';
import { translator } from '../translate.ts';
import type { View } from '../view.ts';

/** An entry that was asked for. */
export type ShownEntry =
  | { readonly kind: 'receipt'; readonly entry: string; readonly receipt: string }
  | { readonly kind: 'waiting' | 'not_found' };

/** The audit log of a community: an entry with its receipt, the export, how to verify it. */
export function AuditPage({
  view,
  reader,
  community,
  find,
  shown,
  checkpoint,
  mayExport,
}: {
  readonly view: View;
  readonly reader: Reader;
  readonly community: CommunityRecord;
  readonly find: string;
  readonly shown: ShownEntry | null;
  readonly checkpoint: string | null;
  readonly mayExport: boolean;
}) {
  const t = translator(casesText, view.language);
  const exported = `/v1/audit/export?community=${community.id}`;
  return (
    <ManagerFrame view={view} reader={reader} place={community} title={t('audit')}>
      <div class="hero">
        <h1>{t('audit')}</h1>
        <p class="lead">{t('auditLead')}</p>
      </div>
      <Card>
        <form class="form form-row" method="get" action={`/m/${community.id}/audit`}>
          <Field
            name="find"
            label={t('auditFind')}
            hint={t('auditFindHint')}
            value={find}
            maxlength={64}
            required
          />
          <Button kind="primary">{t('find')}</Button>
        </form>
        {shown?.kind === 'not_found' && <Notice tone="bad">{t('auditNone')}</Notice>}
        {shown?.kind === 'waiting' && <Notice>{t('auditWaiting')}</Notice>}
      </Card>
      {shown?.kind === 'receipt' && (
        <>
          <Card title={t('entry')}>
            <pre class="sheet">{shown.entry}</pre>
          </Card>
          <Card
            title={t('receipt')}
            actions={<ButtonLink href={`/v1/audit/receipts/${find}`}>{t('download')}</ButtonLink>}
          >
            <pre class="sheet">{shown.receipt}</pre>
          </Card>
        </>
      )}
      <div class="columns columns-even">
        {mayExport && (
          <Card title={t('exportLog')}>
            <p>{t('exportLead')}</p>
            <div class="form-actions">
              <ButtonLink href={`${exported}&format=ndjson`}>{t('exportNdjson')}</ButtonLink>
              <ButtonLink href={`${exported}&format=csv`}>{t('exportCsv')}</ButtonLink>
            </div>
            <p class="aside">{t('verifyHow')}</p>
          </Card>
        )}
        <Card title={t('checkpoint')}>
          {checkpoint === null ? (
            <p class="aside">{t('noCheckpoint')}</p>
          ) : (
            <pre class="sheet">{checkpoint}</pre>
          )}
        </Card>
      </div>
    </ManagerFrame>
  );
}
