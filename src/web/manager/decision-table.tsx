import type { DecisionRecord } from '../../domain/decision-record.ts';
import { Badge } from '../components/badge.tsx';
import { Icon } from '../components/icon.tsx';
import { Table } from '../components/table.tsx';
import { REASON_NAMES } from '../messages/reasons.ts';
import type { View } from '../view.ts';
import { clockTime, when } from '../when.ts';
import { manageText, said } from './words.ts';

interface DecisionsProps {
  readonly view: View;
  readonly rows: readonly DecisionRecord[];
  readonly gateNames: ReadonlyMap<string, string>;
  readonly timezone: string;
}

/** Decisions with all that is known of them, the newest first. */
export function DecisionTable({ view, rows, gateNames, timezone }: DecisionsProps) {
  const t = manageText(view);
  return (
    <Table
      caption={t('decisions')}
      rows={rows}
      columns={[
        { title: t('time'), cell: ({ at }) => when(view, at, timezone) },
        { title: t('gate'), cell: ({ gateId }) => gateNames.get(gateId) ?? gateId },
        { title: t('way'), cell: ({ direction }) => t(direction) },
        {
          title: t('result'),
          cell: ({ decision, reason }) => (
            <Badge
              tone={decision === 'granted' ? 'good' : 'bad'}
              icon={decision === 'granted' ? 'circleCheck' : 'circleX'}
            >
              {said(view, REASON_NAMES[reason])}
            </Badge>
          ),
        },
        { title: t('building'), cell: ({ building }) => building ?? '—' },
        { title: t('source'), cell: ({ source }) => t(source) },
        { title: t('pass'), cell: ({ passId }) => (passId ? <code>{passId}</code> : '—') },
      ]}
    />
  );
}

/** The newest decisions, each in a line. */
export function DecisionLines({ view, rows, gateNames, timezone }: DecisionsProps) {
  const t = manageText(view);
  return (
    <ul class="lines">
      {rows.map(({ at, gateId, direction, decision, reason, building }) => (
        <li>
          <span class={decision === 'granted' ? 'icon-good' : 'icon-bad'}>
            <Icon name={decision === 'granted' ? 'circleCheck' : 'circleX'} />
          </span>
          <span>
            {said(view, REASON_NAMES[reason])}
            <span class="line-text">
              {[gateNames.get(gateId) ?? gateId, t(direction), building && `→ ${building}`]
                .filter(Boolean)
                .join(' · ')}
            </span>
          </span>
          <time class="line-time">{clockTime(view, at, timezone)}</time>
        </li>
      ))}
    </ul>
  );
}
