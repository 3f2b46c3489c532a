import { type Command, InvalidArgumentError, Option } from 'commander';
import { ReceiptError, verifyReceipt } from '../../audit/receipt.ts';
import { isIdentifier } from '../../domain/identifier.ts';
import { collect } from '../arguments.ts';
import { checkViews, describeViews } from '../audit/check-views.ts';
import { showProgress } from '../audit/progress.ts';
import { readMemory, verifierKeyOf } from '../audit/remembered.ts';
import {
  describeVerdict,
  type VerifyChoice,
  verifyDatabase,
  verifyExportFile,
  verifyServer,
} from '../audit/verify.ts';
import { Broken, UsageError } from '../exit.ts';
import type { Io } from '../io.ts';
import { type Session, show, showDone, withSession } from '../session.ts';
import { parseWhen } from '../when.ts';

/** `audit`: the audit log, checked from outside. */
export function addAudit(program: Command, io: Io): void {
  const audit = program.command('audit').description('check and export the audit log');
  addVerify(audit, io);
  addExport(audit, io);
  addReceipt(audit, io);
  addCheckViews(audit, io);
}

const keyOption = () =>
  new Option('--key <key>', 'the public key of the log, name+id+base64; may be given again')
    .argParser(collect)
    .default([] as readonly string[], 'those that are remembered, else those that are found');
const rememberedOption = () =>
  new Option(
    '--remembered <file>',
    'checkpoints that were seen before; the newest that is right is added',
  );

function addVerify(audit: Command, io: Io): void {
  audit
    .command('verify')
    .description('rebuild the tree from its entries and check every hash, proof and signature')
    .addOption(new Option('--file <export>', 'check an export').conflicts('database'))
    .addOption(new Option('--database <file>', 'check a database file, e.g. of a backup'))
    .addOption(keyOption())
    .addOption(rememberedOption())
    .addHelpText(
      'after',
      '\nWithout --file and --database the server is checked. Exit code 4: something is wrong; what, and from which entry\non, is on standard output.\n\nExample, every night from another machine:\n  npm run -s cli -- audit verify --server https://pass.example.cn --remembered checkpoints.ndjson',
    )
    .action(withSession(io, verify));
}

interface VerifyOptions {
  readonly file?: string;
  readonly database?: string;
  readonly key: readonly string[];
  readonly remembered?: string;
}

async function verify(session: Session, options: VerifyOptions): Promise<void> {
  const { io, client } = session;
  const { file, database } = options;
  const choice: VerifyChoice = { keys: options.key, remembered: options.remembered ?? null };
  const verdict =
    file !== undefined
      ? await verifyExportFile(io, file, choice)
      : database !== undefined
        ? await verifyDatabase(io, database, choice)
        : await verifyServer(io, client, choice);
  show(session, verdict, () => describeVerdict(verdict));
  if (!verdict.whole) throw new Broken('The log is not whole.');
}

function addExport(audit: Command, io: Io): void {
  const when = (text: string) => parseWhen(text, io.now());
  audit
    .command('export')
    .description('write entries with their receipts, as NDJSON or CSV')
    .addOption(new Option('--community <id>', 'entries of one community').argParser(only('com')))
    .addOption(new Option('--courier <id>', 'entries of a courier’s passes').argParser(only('cou')))
    .addOption(new Option('--since <when>', 'from an instant on').argParser(when))
    .addOption(new Option('--until <when>', 'before an instant').argParser(when))
    .addOption(
      new Option('--format <format>', 'one object a line, or a table')
        .choices(['ndjson', 'csv'])
        .default('ndjson'),
    )
    .addOption(new Option('--out <file>', 'else standard output').default('-'))
    .action(withSession(io, exportLog));
}

/** @throws InvalidArgumentError */
function only(prefix: 'com' | 'cou'): (text: string) => string {
  return (text) => {
    if (isIdentifier(prefix, text)) return text;
    throw new InvalidArgumentError(`Give an identifier such as ${prefix}_0123456789abc.`);
  };
}

interface ExportOptions {
  readonly community?: string;
  readonly courier?: string;
  readonly since?: string;
  readonly until?: string;
  readonly format: string;
  readonly out: string;
}

async function exportLog(session: Session, options: ExportOptions): Promise<void> {
  const { io, client } = session;
  const { out, ...query } = options;
  const call = {
    method: 'GET',
    path: '/v1/audit/export',
    query: {
      format: query.format,
      community: query.community,
      courier: query.courier,
      since: query.since,
      until: query.until,
    },
  } as const;
  const progress = showProgress(io, 'KB', null);
  const chunks = counted(client.download(call, io.stopSignal()), progress.at);
  try {
    // Nothing is written, and nothing overwritten, where the service refuses.
    const first = await chunks.next();
    await io.save(out, startingWith(first, chunks));
  } finally {
    progress.end();
  }
  if (out !== '-') showDone(session, `Written to ${out}.`);
}

async function* startingWith(
  first: IteratorResult<Uint8Array, void>,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void> {
  if (first.done !== true) yield first.value;
  yield* rest;
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  at: (kilobytes: number) => void,
): AsyncGenerator<Uint8Array, void> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    at(Math.round(bytes / 1_000));
    yield chunk;
  }
}

function addReceipt(audit: Command, io: Io): void {
  const receipt = audit.command('receipt').description('receipts of single entries');
  receipt
    .command('verify')
    .description('check a receipt offline, with the public key of the log alone')
    .argument('<file>', 'the receipt; - is standard input')
    .addOption(keyOption())
    .addOption(rememberedOption())
    .action(withSession(io, checkReceipt));
}

async function checkReceipt(
  session: Session,
  file: string,
  { key, remembered }: { readonly key: readonly string[]; readonly remembered?: string },
): Promise<void> {
  const { io } = session;
  const memory = remembered === undefined ? null : await readMemory(io, remembered);
  const keys = key.length > 0 ? key.map(verifierKeyOf) : (memory?.keys ?? []);
  if (keys.length === 0) {
    throw new UsageError(
      'Give the public key of the log with --key, or a file that remembers it with --remembered.',
    );
  }
  const text = await readFileOf(io, file);
  try {
    const { entry, auditId, leaf, checkpoint } = verifyReceipt(text, keys);
    const { origin, size } = checkpoint;
    const document = { whole: true, auditId, leaf, origin, size, entry: JSON.parse(entry) };
    show(
      session,
      document,
      () =>
        `The entry ${auditId} is number ${leaf} of the log ${origin}, which had ${size} entries then:\n${JSON.stringify(document.entry, null, 2)}\n`,
    );
  } catch (error) {
    if (!(error instanceof ReceiptError)) throw error;
    throw new Broken(`The receipt proves nothing: ${error.message}.`);
  }
}

function addCheckViews(audit: Command, io: Io): void {
  audit
    .command('check-views')
    .description('make decisions, visits and counts anew from the log, and compare the tables')
    .addOption(new Option('--database <file>', 'a database file').makeOptionMandatory())
    .action(withSession(io, compareViews));
}

async function compareViews(
  session: Session,
  { database }: { readonly database: string },
): Promise<void> {
  const report = checkViews(session.io, database);
  show(session, report, () => describeViews(report));
  if (!report.same) throw new Broken('The tables are not what the log tells.');
}

/** @throws UsageError */
async function readFileOf(io: Io, file: string): Promise<string> {
  try {
    return await io.read(file);
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      throw new UsageError(`${file} cannot be read (${String(error.code)}).`);
    throw error;
  }
}
