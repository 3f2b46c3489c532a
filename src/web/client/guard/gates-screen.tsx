/** Gates with hardware, which a guard opens from here. */
import { useState } from 'hono/jsx/dom';
import { Button } from '../../components/button.tsx';
import { Empty, Notice } from '../../components/states.tsx';
import type { Gate } from '../../guard/wire.ts';
import { openGate } from './acting.ts';
import type { State } from './state.ts';
import type { Words } from './words.ts';

const REASONS = ['reasonResident', 'reasonUnread', 'reasonSignal', 'reasonHandover'] as const;
type Result = 'no' | 'asking' | Awaited<ReturnType<typeof openGate>>;

export function GatesScreen({ state, words }: { readonly state: State; readonly words: Words }) {
  const { t } = words;
  const gates = state.gates.filter(({ kind }) => kind === 'gate');
  const [open, setOpen] = useState<string | null>(null);
  return (
    <div class="list-screen">
      <h1>{t('gatesTitle')}</h1>
      {gates.length === 0 && (
        <Empty icon="doorClosed" title={t('gatesEmpty')}>
          <p>{t('gatesEmptyText')}</p>
        </Empty>
      )}
      {gates.map((gate) => (
        <GateRow
          key={gate.id}
          gate={gate}
          asked={open === gate.id ? 'yes' : 'no'}
          onAsk={() => setOpen(open === gate.id ? null : gate.id)}
          words={words}
        />
      ))}
    </div>
  );
}

function GateRow({
  gate,
  asked,
  onAsk,
  words: { t },
}: {
  readonly gate: Gate;
  readonly asked: 'yes' | 'no';
  readonly onAsk: () => void;
  readonly words: Words;
}) {
  const [result, setResult] = useState<Result>('no');
  const { id, name } = gate;
  const open = (reason: string) => {
    setResult('asking');
    void openGate(id, reason).then(setResult);
    onAsk();
  };
  return (
    <section class="card gate-row">
      <div class="gate-row-head">
        <h2>{name}</h2>
        <Button
          type="button"
          kind={asked === 'yes' ? 'quiet' : 'primary'}
          aria-expanded={String(asked === 'yes')}
          aria-label={asked === 'yes' ? t('cancel') : t('openName', { name })}
          aria-busy={String(result === 'asking')}
          onClick={onAsk}
        >
          {asked === 'yes' ? t('cancel') : t(result === 'asking' ? 'opening' : 'open')}
        </Button>
      </div>
      {asked === 'yes' && (
        <fieldset class="chips" aria-label={t('openWhy')}>
          <p>{t('openWhy')}</p>
          {REASONS.map((each) => (
            <button type="button" key={each} onClick={() => open(t(each))}>
              {t(each)}
            </button>
          ))}
        </fieldset>
      )}
      {result === 'opened' && (
        <Notice tone="good">
          <p>{t('opened', { name })}</p>
        </Notice>
      )}
      {(result === 'silent' || result === 'failed') && (
        <Notice tone="bad">
          <p>{result === 'silent' ? t('notOpened', { name }) : t('failed')}</p>
        </Notice>
      )}
    </section>
  );
}
