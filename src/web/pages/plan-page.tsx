import { PLAN_KINDS } from '../../domain/plan.ts';
import type { PlanRecord } from '../../store/manager-store.ts';
import type { CommunityRecord } from '../../store/store.ts';
import { Button } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { TextArea } from '../components/field.tsx';
import { Empty } from '../components/states.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { PlanDrawing } from '../manager/plan-drawing.tsx';
import { manageText } from '../manager/words.ts';
import type { View } from '../view.ts';
import { when } from '../when.ts';

const KEYS = {
  building: 'kindBuilding',
  gate: 'kindGates',
  checkpoint: 'kindCheckpoint',
  zone: 'kindZone',
  parking: 'kindParking',
} as const;

/** The plan of a community: shown, and imported as GeoJSON. */
export function PlanPage({
  view,
  reader,
  community,
  record,
  text,
  most,
  mayManage,
  error,
  message,
}: {
  readonly view: View;
  readonly reader: Reader;
  readonly community: CommunityRecord;
  readonly record: PlanRecord | null;
  /** What was sent and could not be read. */
  readonly text: string | null;
  readonly most: number;
  readonly mayManage: boolean;
  readonly error?: string | undefined;
  readonly message?: string | undefined;
}) {
  const t = manageText(view);
  return (
    <ManagerFrame view={view} reader={reader} place={community} title={t('plan')} message={message}>
      <h1>{t('plan')}</h1>
      <Card>
        {record === null || record.plan.features.length === 0 ? (
          <Empty icon="mapPin" title={t('planEmpty')} />
        ) : (
          <>
            <PlanDrawing plan={record.plan} label={`${t('plan')}: ${community.name}`} />
            <p class="legend-line">
              {PLAN_KINDS.filter((kind) =>
                record.plan.features.some(({ properties }) => properties.kind === kind),
              ).map((kind) => (
                <span class={`key key-${kind}`}>{t(KEYS[kind])}</span>
              ))}
            </p>
            <p class="aside">
              {t('planVersion', {
                version: record.version,
                when: when(view, record.updatedAt, community.timezone),
              })}
            </p>
          </>
        )}
      </Card>
      {mayManage && (
        <Card title={t('importPlan')}>
          <p class="aside">{t('planLead')}</p>
          <form class="form" method="post" action={`/m/${community.id}/plan`}>
            <label class="field" hidden data-file-into="geojson">
              <span class="legend">{t('planFile')}</span>
              <input type="file" accept=".geojson,.json,application/geo+json,application/json" />
            </label>
            <TextArea
              name="geojson"
              label={t('planText')}
              hint={t('planHint', { most })}
              error={error}
              value={text ?? (record === null ? '' : JSON.stringify(record.plan, null, 1))}
              rows={12}
              spellcheck="false"
              required
            />
            <div class="form-actions">
              <Button kind="primary">{t('importPlan')}</Button>
            </div>
          </form>
        </Card>
      )}
    </ManagerFrame>
  );
}
