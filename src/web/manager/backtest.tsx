import type { RulesBacktest } from '../../store/backtest-store.ts';
import { Card } from '../components/card.tsx';
import { casesText } from '../messages/cases.ts';
import { REASON_NAMES } from '../messages/reasons.ts';
import { translator } from '../translate.ts';
import type { View } from '../view.ts';
import { said } from './words.ts';

/** What a draft would have changed in the last days, by reason. */
export function Backtest({
  view,
  backtest,
  days,
}: {
  readonly view: View;
  readonly backtest: RulesBacktest;
  readonly days: number;
}) {
  const t = translator(casesText, view.language);
  const { changes, attempts, extent, newlyDenied, newlyGranted, notReproduced } = backtest;
  return (
    <Card title={t('backtest', { days })} id="backtest">
      <p>
        {newlyDenied === 0 && newlyGranted === 0 && changes.length === 0
          ? t('backtestNone')
          : `${t('newlyDenied', { count: newlyDenied })} · ${t('newlyGranted', { count: newlyGranted })}`}
      </p>
      {changes.length > 0 && (
        <table class="compare">
          <thead>
            <tr>
              <th scope="col">{t('was')}</th>
              <th scope="col">{t('wouldBe')}</th>
              <th scope="col">{t('times')}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map(({ from, to, count }) => (
              <tr>
                <td>{said(view, REASON_NAMES[from])}</td>
                <td>
                  <strong>{said(view, REASON_NAMES[to])}</strong>
                </td>
                <td>{count}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <p class="aside">
        {[
          t('backtestOf', { entries: attempts }),
          extent === 'cut' && t('backtestCut'),
          notReproduced > 0 && t('notReproduced', { count: notReproduced }),
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
    </Card>
  );
}
