import type { DecisionRecord } from '../../domain/decision-record.ts';
import { Badge } from '../components/badge.tsx';
import { type Column, Table } from '../components/table.tsx';
import { REASON_NAMES } from '../messages/reasons.ts';
import type { View } from '../view.ts';
import { when } from '../when.ts';
import { manageText, said } from './words.ts';

/** Decisions, the newest first. */
export function DecisionTable({
  view,
  rows,
  gateNames,
  timezone,
  brief,
}: {
  readonly view: View;
  readonly rows: readonly DecisionRecord[];
  readonly gateNames: ReadonlyMap<string, string>;
  readonly timezone: string;
  /** Without the columns that an overview does not need. */
  readonly brief?: 'brief';
}) {
  const t = manageText(view);
  const columns: Column<DecisionRecord>[] = [
    { title: t('time'), cell: ({ at }) => <time>{when(view, at, timezone)}</time> },
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
  ];
  const more: Column<DecisionRecord>[] = [
    { title: t('building'), cell: ({ building }) => building ?? '—' },
    { title: t('source'), cell: ({ source }) => t(source) },
    { title: t('pass'), cell: ({ passId }) => (passId ? <code>{passId}</code> : '—') },
  ];
  return (
    <Table
      caption={t('decisions')}
      rows={rows}
      columns={brief === undefined ? [...columns, ...more] : columns}
    />
  );
}
