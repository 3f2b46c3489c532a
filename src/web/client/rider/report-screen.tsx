/** 随手拍: a photo, a place and a sentence for the community's manager, and what became of earlier ones. */
import { useEffect, useState } from 'hono/jsx/dom';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Field, Select, TextArea } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { Empty, Notice } from '../../components/states.tsx';
import type { HeldPass } from '../../rider/passes.ts';
import type { Report, Reports } from '../../rider/wire.ts';
import { shrink } from './photo.ts';
import { server } from './server.ts';
import type { Words } from './words.ts';

type Outcome = 'sent' | 'no-signal' | 'wrong' | 'too-many' | 'photo-broken';
const OUTCOMES = {
  sent: ['good', 'reportSent'],
  'no-signal': ['warn', 'reportNoSignal'],
  wrong: ['bad', 'reportWrong'],
  'too-many': ['warn', 'reportTooMany'],
  'photo-broken': ['bad', 'reportPhotoBroken'],
} as const satisfies Record<Outcome, readonly [string, string]>;

export function ReportScreen({
  passes,
  words,
}: {
  readonly passes: readonly HeldPass[];
  readonly words: Words;
}) {
  const { t } = words;
  const [mine, setMine] = useState<Reports | null>(null);
  const read = async () => {
    const asked = await server.reports();
    if (asked.kind === 'ok') setMine(asked.value);
  };
  useEffect(() => void read(), []);
  const communities = new Map(passes.map(({ community }) => [community.id, community.name]));
  return (
    <div class="me">
      <header class="page-head">
        <h1>{t('reportTitle')}</h1>
        {mine !== null && (
          <Badge tone="good" icon="heart">
            {t('reportPoints', { points: mine.contributionPoints })}
          </Badge>
        )}
      </header>
      <p>{t('reportLead')}</p>
      {communities.size === 0 ? (
        <Empty icon="camera" title={t('reportNoCommunity')} />
      ) : (
        <ReportForm communities={communities} words={words} onSent={() => void read()} />
      )}
      {mine !== null && mine.items.length > 0 && (
        <Card title={t('reportsMine')}>
          <ul class="reports">
            {mine.items.map((report) => (
              <ReportLine key={report.id} report={report} words={words} />
            ))}
          </ul>
        </Card>
      )}
    </div>
  );
}

function ReportForm({
  communities,
  words,
  onSent,
}: {
  readonly communities: ReadonlyMap<string, string>;
  readonly words: Words;
  readonly onSent: () => void;
}) {
  const { t } = words;
  const [requestId, setRequestId] = useState(newRequestId());
  const [outcome, setOutcome] = useState<Outcome | 'sending' | null>(null);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    const form = event.currentTarget;
    if (!(form instanceof HTMLFormElement) || outcome === 'sending') return;
    setOutcome('sending');
    const done = await send(new FormData(form), requestId);
    setOutcome(done);
    if (done !== 'sent') return;
    setRequestId(newRequestId());
    form.reset();
    onSent();
  }

  const options = [...communities].map(([value, label]) => ({ value, label }));
  return (
    <form class="form card" onSubmit={(event: Event) => void submit(event)}>
      <Select name="communityId" label={t('reportCommunity')} options={options} />
      <Field
        name="place"
        label={t('reportPlace')}
        hint={t('reportPlaceHint')}
        required
        maxlength={100}
      />
      <TextArea name="text" label={t('reportText')} required maxlength={500} rows={3} />
      <Field
        name="photo"
        type="file"
        accept="image/*"
        capture="environment"
        label={t('reportPhoto')}
        hint={t('reportPhotoHint')}
      />
      {outcome !== null && outcome !== 'sending' && (
        <Notice tone={OUTCOMES[outcome][0]}>
          <p>{t(OUTCOMES[outcome][1])}</p>
        </Notice>
      )}
      <Button kind="primary" wide="wide" icon="camera" disabled={outcome === 'sending'}>
        {t(outcome === 'sending' ? 'reportSending' : 'reportSend')}
      </Button>
    </form>
  );
}

/** Sent again after a lost answer, it is the same report. */
async function send(form: FormData, requestId: string): Promise<Outcome> {
  const text = (name: string) => String(form.get(name) ?? '').trim();
  const file = form.get('photo');
  const hasPhoto = file instanceof File && file.size > 0;
  const photo = hasPhoto ? await shrink(file) : null;
  if (hasPhoto && photo === null) return 'photo-broken';
  const asked = await server.report({
    requestId,
    communityId: text('communityId'),
    place: text('place'),
    text: text('text'),
    ...(photo !== null && { photo }),
  });
  if (asked.kind === 'ok') return 'sent';
  if (asked.kind === 'unreachable') return 'no-signal';
  return asked.status === 429 ? 'too-many' : 'wrong';
}

/** A UUID of version 4. `randomUUID` is missing where the page came without HTTPS. @see RFC 9562 §5.4 */
function newRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function ReportLine({ report, words }: { readonly report: Report; readonly words: Words }) {
  const { t } = words;
  const { id, place, text, photo, answer } = report;
  return (
    <li class="report">
      {photo === 'kept' && (
        <img src={`/v1/reports/${id}/photo.jpg`} alt="" loading="lazy" width="64" height="64" />
      )}
      <div>
        <p>
          <strong>{place}</strong> · {text}
        </p>
        {answer === null ? (
          <p class="aside">{t('reportOpen')}</p>
        ) : (
          <p class="report-answer">
            <Icon name="circleCheck" />
            <span>
              {t('reportAnswered')}: {answer.text}
            </span>
            {answer.contributionPoints > 0 && (
              <Badge tone="good">{t('reportEarned', { points: answer.contributionPoints })}</Badge>
            )}
          </p>
        )}
      </div>
    </li>
  );
}
