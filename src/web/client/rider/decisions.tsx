/** What gates have said to this phone, each with the receipt that proves it. */
import { useState } from 'hono/jsx/dom';
import { Badge } from '../../components/badge.tsx';
import { Button } from '../../components/button.tsx';
import { Card } from '../../components/card.tsx';
import { Notice } from '../../components/states.tsx';
import type { Decision } from '../../rider/wire.ts';
import type { Words } from './words.ts';

type Outcome = 'saved' | 'soon' | 'failed';

export function Decisions({
  decisions,
  words,
}: {
  readonly decisions: readonly Decision[];
  readonly words: Words;
}) {
  const { t } = words;
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  return (
    <Card title={t('decisionsTitle')}>
      {decisions.length === 0 ? <p>{t('decisionsNone')}</p> : <p>{t('receiptText')}</p>}
      {(outcome === 'soon' || outcome === 'failed') && (
        <Notice tone="warn">
          <p>{t(outcome === 'soon' ? 'receiptSoon' : 'receiptFailed')}</p>
        </Notice>
      )}
      <ul class="reports">
        {decisions.map((decision) => (
          <li key={decision.auditId} class="decision">
            <div>
              <p>
                <Badge tone={decision.decision === 'granted' ? 'good' : 'bad'}>
                  {t(decision.direction === 'in' ? 'decisionIn' : 'decisionOut')}
                </Badge>{' '}
                {words.pick(decision.message)}
              </p>
              <p class="aside">{words.day(Date.parse(decision.serverTime))}</p>
            </div>
            <Button
              type="button"
              icon="shield"
              onClick={() => void saveReceipt(decision.auditId).then(setOutcome)}
            >
              {t('receipt')}
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Saves the proof as a file. It is there some seconds after the decision. */
async function saveReceipt(auditId: string): Promise<Outcome> {
  try {
    const response = await fetch(`/v1/audit/receipts/${auditId}`);
    if (response.status === 202) return 'soon';
    if (!response.ok) return 'failed';
    const url = URL.createObjectURL(await response.blob());
    const link = document.createElement('a');
    link.href = url;
    link.download = `${auditId}.tlog-proof`;
    link.click();
    URL.revokeObjectURL(url);
    return 'saved';
  } catch {
    return 'failed';
  }
}
