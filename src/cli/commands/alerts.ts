import { Argument, type Command, Option } from 'commander';
import { path } from '../api-client.ts';
import { COMMUNITY, identifierArgument } from '../arguments.ts';
import { column, renderItem, renderItems, timeColumn } from '../columns.ts';
import type { Io } from '../io.ts';
import { listOf, memberOf } from '../json.ts';
import { type ListOptions, showList, withListOptions } from '../list.ts';
import { type Session, show, withSession } from '../session.ts';

const ALERT = identifierArgument('alert', 'alr', 'the alert');
const APPEAL = identifierArgument('appeal', 'apl', 'the appeal');

const COLUMNS = [
  timeColumn('AT', 'at'),
  column('ID', 'id'),
  column('KIND', 'kind'),
  column('LEVEL', 'level'),
  column('WHAT', 'message.zh'),
  timeColumn('NOTED', 'acknowledgedAt'),
];
const CASE_COLUMNS = [
  ...COLUMNS,
  column('IN ENGLISH', 'message.en'),
  timeColumn('ENDED', 'endedAt'),
  column('GATE', 'gateId'),
  column('VISIT', 'visitId'),
  column('ZONE', 'evidence.zoneName'),
  column('SOURCE', 'evidence.source'),
  column('PEAK KM/H', 'evidence.peakKmh'),
  column('LIMIT KM/H', 'evidence.limitKmh'),
  column('MARGIN KM/H', 'evidence.marginKmh'),
  column('RULES', 'rulesVersion'),
  column('POINTS', 'points'),
  column('APPEAL', 'appeal.state'),
  column('APPEAL ID', 'appeal.id'),
  column('APPEAL SAYS', 'appeal.text'),
  timeColumn('SHOWN TO RIDER', 'shownToRiderAt'),
];
const READING_COLUMNS = [
  column('READING AT', 'at'),
  column('KM/H', 'speedKmh'),
  column('±', 'accuracyKmh'),
  column('LIMIT', 'limitKmh'),
];
const APPEAL_COLUMNS = [
  timeColumn('FILED', 'filedAt'),
  column('ID', 'id'),
  column('ALERT', 'alertId'),
  column('STATE', 'state'),
  column('SAYS', 'text'),
  column('REASON', 'reason'),
];

/** `alerts` and `appeals`: what a manager should look at, and what riders object to. */
export function addAlerts(program: Command, io: Io): void {
  const alerts = program.command('alerts').description('what a manager should look at');
  withListOptions(alerts.command('list').description('list alerts, newest first'))
    .addArgument(COMMUNITY)
    .option('--open', 'only those that last')
    .action(withSession(io, list));
  alerts
    .command('show')
    .description('one alert, with what it rests on and what followed')
    .addArgument(COMMUNITY)
    .addArgument(ALERT)
    .action(withSession(io, showAlert));
  alerts
    .command('acknowledge')
    .description('take note of an alert')
    .addArgument(COMMUNITY)
    .addArgument(ALERT)
    .action(withSession(io, acknowledge));
  addAppeals(program, io);
}

function addAppeals(program: Command, io: Io): void {
  const appeals = program.command('appeals').description('riders’ objections to alerts');
  withListOptions(appeals.command('list').description('list appeals, newest first'))
    .addArgument(COMMUNITY)
    .addOption(new Option('--state <state>', 'only these').choices(['open', 'upheld', 'rejected']))
    .action(withSession(io, listAppeals));
  appeals
    .command('decide')
    .description('decide an appeal, once; upheld, all that followed from the alert is undone')
    .addArgument(COMMUNITY)
    .addArgument(ALERT)
    .addArgument(APPEAL)
    .addArgument(new Argument('<decision>', 'the decision').choices(['upheld', 'rejected']))
    .requiredOption('--reason <text>', 'for the rider to read')
    .action(withSession(io, decide));
}

async function list(
  session: Session,
  community: string,
  options: ListOptions & { readonly open?: true },
): Promise<void> {
  const call = path`/v1/communities/${community}/alerts`;
  const query = { open: options.open ? 'true' : undefined };
  await showList(session, { path: call, query }, COLUMNS, options);
}

async function showAlert(session: Session, community: string, alert: string): Promise<void> {
  const call = path`/v1/communities/${community}/alerts/${alert}`;
  const { body } = await session.client.ask({ method: 'GET', path: call });
  const readings = listOf(memberOf(body, 'evidence'), 'readings');
  show(session, body, () => {
    const item = renderItem(CASE_COLUMNS, body);
    return readings.length === 0 ? item : `${item}\n${renderItems(READING_COLUMNS, readings)}`;
  });
}

async function acknowledge(session: Session, community: string, alert: string): Promise<void> {
  const call = path`/v1/communities/${community}/alerts/${alert}/acknowledge`;
  const { body } = await session.client.ask({ method: 'POST', path: call });
  show(session, body, () => renderItem(COLUMNS, body));
}

async function listAppeals(
  session: Session,
  community: string,
  options: ListOptions & { readonly state?: string },
): Promise<void> {
  const call = path`/v1/communities/${community}/appeals`;
  const query = { state: options.state };
  await showList(session, { path: call, query }, APPEAL_COLUMNS, options);
}

async function decide(
  session: Session,
  community: string,
  alert: string,
  appeal: string,
  decision: string,
  { reason }: { readonly reason: string },
): Promise<void> {
  const call = path`/v1/communities/${community}/alerts/${alert}/appeals/${appeal}/decision`;
  const asked = { method: 'POST', path: call, body: { decision, reason } } as const;
  const { body } = await session.client.ask(asked);
  show(session, body, () => renderItem(APPEAL_COLUMNS, body));
}
