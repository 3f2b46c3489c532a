import type { GateWithState } from '../../access/gate-states.ts';
import type { CommunityRecord } from '../../store/store.ts';
import { Badge } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { CheckBox, Field, Select } from '../components/field.tsx';
import { Empty } from '../components/states.tsx';
import { Table } from '../components/table.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { PostureBadge } from '../manager/posture.tsx';
import { type ManageText, manageText } from '../manager/words.ts';
import type { View } from '../view.ts';
import { when } from '../when.ts';
import { GATE_TONES, gateStateText } from './overview-page.tsx';

export interface GatesProps {
  readonly view: View;
  readonly reader: Reader;
  readonly community: CommunityRecord;
  readonly gates: readonly GateWithState[];
  readonly mayManage: boolean;
  readonly now: number;
  readonly errors: Readonly<Record<string, string | undefined>>;
  readonly message?: string | undefined;
}

/** The gates of a community, and a form to add one. */
export function GatesPage(props: GatesProps) {
  const { view, reader, community, gates, mayManage, now, errors, message } = props;
  const t = manageText(view);
  return (
    <ManagerFrame
      view={view}
      reader={reader}
      place={community}
      title={t('gates')}
      message={message}
    >
      <h1>{t('gates')}</h1>
      <Card>
        {gates.length === 0 ? (
          <Empty icon="doorOpen" title={t('noGates')}>
            <p>{t('noGatesText')}</p>
          </Empty>
        ) : (
          <Table
            caption={t('gates')}
            rows={gates}
            columns={[
              {
                title: t('gate'),
                cell: ({ gate }) => <a href={`/m/${community.id}/gates/${gate.id}`}>{gate.name}</a>,
              },
              {
                title: t('gateKind'),
                cell: ({ gate }) => (gate.kind === 'guard' ? t('kindGuard') : t('kindGate')),
              },
              { title: t('readers'), cell: ({ gate }) => readersText(t, gate.directions) },
              {
                title: t('state'),
                cell: ({ state }) => (
                  <Badge tone={GATE_TONES[state]}>{gateStateText(t, state)}</Badge>
                ),
              },
              {
                title: t('posture'),
                cell: ({ gate }) => (
                  <PostureBadge
                    view={view}
                    state={gate.posture}
                    now={now}
                    timezone={community.timezone}
                  />
                ),
              },
              {
                title: t('lastContact'),
                cell: ({ health }) =>
                  health === null ? '—' : when(view, health.lastContactAt, community.timezone),
              },
            ]}
          />
        )}
      </Card>
      {mayManage && <AddGate community={community} t={t} errors={errors} />}
    </ManagerFrame>
  );
}

export function readersText(t: ManageText, directions: readonly ('in' | 'out')[]): string {
  return directions.map((way) => (way === 'in' ? t('readerIn') : t('readerOut'))).join(' + ');
}

function AddGate({
  community,
  t,
  errors,
}: {
  readonly community: CommunityRecord;
  readonly t: ManageText;
  readonly errors: GatesProps['errors'];
}) {
  return (
    <Card title={t('addGate')}>
      <form class="form" method="post" action={`/m/${community.id}/gates`}>
        <div class="form-row">
          <Field
            name="name"
            label={t('gateName')}
            hint={t('gateNameHint')}
            maxlength={100}
            error={errors['name']}
            required
          />
          <Select
            name="kind"
            label={t('gateKind')}
            options={[
              { value: 'gate', label: t('kindGate') },
              { value: 'guard', label: t('kindGuard') },
            ]}
          />
        </div>
        <fieldset class="choices">
          <legend class="legend">{t('readers')}</legend>
          <CheckBox name="in" label={t('readerIn')} checked />
          <CheckBox name="out" label={t('readerOut')} checked />
          <CheckBox name="qr" label={t('readsQr')} checked />
          <CheckBox name="nfc" label={t('readsNfc')} checked />
          <CheckBox name="sensor" label={t('sensor')} />
          {errors['readers'] !== undefined && <p class="field-error">{errors['readers']}</p>}
        </fieldset>
        <div class="form-actions">
          <Button kind="primary" icon="doorOpen">
            {t('addGate')}
          </Button>
        </div>
      </form>
    </Card>
  );
}
