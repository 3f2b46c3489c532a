import type { GateWithState } from '../../access/gate-states.ts';
import type { CommunityRecord, GateCommand, TagRecord } from '../../store/store.ts';
import { Badge } from '../components/badge.tsx';
import { Button } from '../components/button.tsx';
import { Card } from '../components/card.tsx';
import { Dialog } from '../components/dialog.tsx';
import { Field } from '../components/field.tsx';
import { Table } from '../components/table.tsx';
import { ManagerFrame, type Reader } from '../manager/frame.tsx';
import { PostureBadge, PostureForm } from '../manager/posture.tsx';
import { type ManageText, manageText } from '../manager/words.ts';
import type { View } from '../view.ts';
import { exactly, when } from '../when.ts';
import { readersText } from './gates-page.tsx';
import { GATE_TONES, gateStateText } from './overview-page.tsx';

export interface GateProps {
  readonly view: View;
  readonly reader: Reader;
  readonly community: CommunityRecord;
  readonly gate: GateWithState;
  /** What the gate should have; null: not known. */
  readonly newestBundle: string | null;
  readonly commands: readonly GateCommand[];
  readonly tags: readonly TagRecord[];
  readonly mayManage: boolean;
  readonly mayCommand: boolean;
  readonly now: number;
  readonly errors: Readonly<Record<string, string | undefined>>;
  readonly message?: string | undefined;
}

/** One gate: how it is, what it is told, its tags. */
export function GatePage(props: GateProps) {
  const { view, reader, community, gate, mayManage, mayCommand, message } = props;
  const t = manageText(view);
  const href = `/m/${community.id}/gates/${gate.gate.id}`;
  const part = { ...props, t, href };
  return (
    <ManagerFrame
      view={view}
      reader={reader}
      place={community}
      title={gate.gate.name}
      message={message}
    >
      <div class="page-head">
        <h1>{gate.gate.name}</h1>
        <Badge tone={GATE_TONES[gate.state]}>{gateStateText(t, gate.state)}</Badge>
      </div>
      <div class="columns columns-even">
        <Health {...part} />
        <div class="stack">
          {mayCommand && <Open {...part} />}
          <Posture {...part} />
        </div>
      </div>
      <Orders {...part} />
      {gate.gate.kind === 'gate' && <Tags {...part} />}
      {mayManage && <Device {...part} />}
    </ManagerFrame>
  );
}

type Part = GateProps & { readonly t: ManageText; readonly href: string };

function Health({ view, community, gate: { gate, health }, newestBundle, t }: Part) {
  return (
    <Card title={t('state')}>
      <dl class="facts">
        <dt>{t('gateKind')}</dt>
        <dd>{gate.kind === 'guard' ? t('kindGuard') : t('kindGate')}</dd>
        <dt>{t('readers')}</dt>
        <dd>{readersText(t, gate.directions)}</dd>
        <dt>{t('lastContact')}</dt>
        <dd>
          {health === null ? t('waiting') : exactly(view, health.lastContactAt, community.timezone)}
        </dd>
        <dt>{t('clockOffset')}</dt>
        <dd>{clockText(t, health?.clockOffsetMs ?? null)}</dd>
        <dt>{t('buffer')}</dt>
        <dd>
          {health?.queueDepth == null || health.queueCapacity == null
            ? t('unknown')
            : t('bufferUse', { depth: health.queueDepth, capacity: health.queueCapacity })}
        </dd>
        <dt>{t('bundle')}</dt>
        <dd>{bundleText(t, health?.bundleVersion ?? null, newestBundle)}</dd>
      </dl>
    </Card>
  );
}

const ACCURATE_MS = 2_000;

function clockText(t: ManageText, offsetMs: number | null): string {
  if (offsetMs === null) return t('unknown');
  const size = Math.abs(offsetMs);
  if (size < ACCURATE_MS) return t('clockRight', { ms: size });
  const seconds = Math.round(size / 1_000);
  return offsetMs > 0 ? t('clockAhead', { seconds }) : t('clockBehind', { seconds });
}

function bundleText(t: ManageText, version: string | null, newest: string | null): string {
  if (version === null) return t('unknown');
  if (newest === null || newest === version) return t('bundleCurrent', { version });
  return t('bundleOld', { version, newest });
}

function Open({ errors, href, t }: Part) {
  return (
    <Card title={t('openNow')}>
      <form class="form form-row" method="post" action={`${href}/open`}>
        <Field
          name="openReason"
          label={t('reason')}
          hint={t('openHint')}
          maxlength={200}
          error={errors['openReason']}
          required
        />
        <Button kind="primary" icon="doorOpen">
          {t('openNow')}
        </Button>
      </form>
    </Card>
  );
}

function Posture({ view, community, gate, mayCommand, now, errors, href, t }: Part) {
  return (
    <Card title={t('posture')}>
      <p>
        <PostureBadge
          view={view}
          state={gate.gate.posture}
          now={now}
          timezone={community.timezone}
        />
      </p>
      {mayCommand && (
        <PostureForm
          view={view}
          action={`${href}/posture`}
          choices={['normal', 'closed', 'lockdown', 'open']}
          error={errors['reason']}
        />
      )}
    </Card>
  );
}

function Orders({ view, community, commands, t }: Part) {
  return (
    <Card title={t('orders')}>
      {commands.length === 0 ? (
        <p class="aside">{t('noOrders')}</p>
      ) : (
        <Table
          caption={t('orders')}
          rows={commands}
          columns={[
            {
              title: t('time'),
              cell: ({ createdAt }) => when(view, createdAt, community.timezone),
            },
            { title: t('source'), cell: ({ cause }) => t(cause) },
            { title: t('result'), cell: (command) => <Outcome command={command} t={t} /> },
          ]}
        />
      )}
    </Card>
  );
}

function Outcome({ command, t }: { readonly command: GateCommand; readonly t: ManageText }) {
  const { outcome } = command;
  if (outcome === null) return <Badge>{t('orderPending')}</Badge>;
  if (outcome === 'done') return <Badge tone="good">{t('orderDone')}</Badge>;
  return <Badge tone="bad">{t(outcome)}</Badge>;
}

function Tags({ tags, mayManage, errors, href, t }: Part) {
  return (
    <Card title={t('tags')}>
      {tags.length === 0 ? (
        <p class="aside">{t('none')}</p>
      ) : (
        <Table
          caption={t('tags')}
          rows={tags}
          columns={[
            { title: t('tagUid'), cell: ({ uid }) => <code>{uid}</code> },
            { title: t('taps'), cell: ({ lastCounter }) => lastCounter ?? '—', align: 'end' },
            {
              title: '',
              cell: ({ id }) =>
                mayManage && (
                  <form method="post" action={`${href}/tags/remove`}>
                    <input type="hidden" name="tag" value={id} />
                    <Button kind="quiet">{t('remove')}</Button>
                  </form>
                ),
            },
          ]}
        />
      )}
      {mayManage && (
        <form class="form form-row" method="post" action={`${href}/tags`}>
          <Field
            name="uid"
            label={t('tagUid')}
            pattern="[0-9A-Fa-f]{14}"
            maxlength={14}
            error={errors['uid']}
            required
          />
          <Button icon="nfc">{t('addTag')}</Button>
        </form>
      )}
    </Card>
  );
}

function Device({ gate, href, t }: Part) {
  return (
    <Card title={gate.gate.enrolledAt === null ? t('enrol') : t('enrolAgain')}>
      <form method="post" action={`${href}/enrol`}>
        <Button icon="qrCode">
          {gate.gate.enrolledAt === null ? t('enrol') : t('enrolAgain')}
        </Button>
      </form>
      <p>
        <Button kind="quiet" type="button" data-opens="remove-gate">
          {t('removeGate')}
        </Button>
      </p>
      <Dialog id="remove-gate" title={t('removeGate')} closeText={t('keep')}>
        <p>{t('removeGateText')}</p>
        <form method="post" action={`${href}/remove`}>
          <Button kind="danger">{t('removeGate')}</Button>
        </form>
      </Dialog>
    </Card>
  );
}
