import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { importBatch, type ImportLine, type LineOutcome } from '../../features/import/batch.ts';
import { importedRole } from '../../features/import/operations.ts';
import { hasTenant } from '../../features/import/store.ts';
import { OPEN_PASS } from '../../features/setup/token.ts';
import { OperatorError } from '../../core/operator-error.ts';
import type { Services } from '../../core/services.ts';
import { systemContext } from '../../core/system-context.ts';
import type { Arguments, Command, Terminal } from './command.ts';
import { readLines, type TextLine } from './lines.ts';
import { createProgress } from './progress.ts';
import { withServices } from './services.ts';

const BATCH = 250;
/** Where the database has one writer, a server that waits has its turn between two batches. */
const PAUSE_MS = 30;

export const importCommand: Command = {
  usage: '<file.ndjson | -> [--dry-run] [--tenant <id>]',
  summary:
    'Takes over users of another system, one JSON object a line; names each line that it cannot take.',
  options: { 'dry-run': { type: 'boolean' }, tenant: { type: 'string' } },
  positionals: 1,
  run: (terminal, args) =>
    withServices(terminal, (services) => importFile(services, terminal, args)),
};

type Counts = Record<LineOutcome['outcome'], number>;

async function importFile(services: Services, terminal: Terminal, args: Arguments) {
  const ctx = systemContext(services, 'vestibule import');
  const [file = ''] = args.positionals;
  const tenantId = args.values['tenant'];
  const dryRun = args.values['dry-run'] === true;
  if (typeof tenantId === 'string' && !(await hasTenant(services.db, tenantId))) {
    throw new OperatorError(`there is no tenant ${JSON.stringify(tenantId)}`);
  }
  const run = {
    joins: typeof tenantId === 'string' ? { tenantId, role: importedRole(ctx) } : undefined,
    dryRun,
    setupPass: OPEN_PASS,
    since: services.clock.now(),
    seen: new Map<string, number>(),
  };

  const size = file === '-' ? undefined : (await stat(file)).size;
  const stream = file === '-' ? terminal.stdin : createReadStream(file);
  const progress = createProgress(terminal);
  const counts: Counts = { CREATED: 0, EXISTS: 0, REFUSED: 0 };
  for await (const lines of inBatches(readLines(stream as AsyncIterable<Buffer>))) {
    const outcomes = await importBatch(ctx, run, lines.map(parse));
    progress.clear();
    for (const outcome of outcomes) {
      counts[outcome.outcome] += 1;
      if (outcome.outcome === 'REFUSED') terminal.stdout.write(`${sentence(outcome)}\n`);
    }
    const last = lines.at(-1);
    progress.tell(last?.number ?? 0, size && last && last.end / size);
    if (services.db.engine.hasOneWriter) await setTimeout(PAUSE_MS);
  }
  progress.clear();
  terminal.stdout.write(summary(counts, dryRun));
  return counts.REFUSED === 0 ? 0 : 1;
}

async function* inBatches(lines: AsyncIterable<TextLine>): AsyncGenerator<readonly TextLine[]> {
  let batch: TextLine[] = [];
  for await (const line of lines) {
    batch.push(line);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function parse({ number: line, text, fault }: TextLine): ImportLine {
  if (text === undefined) return { line, fault: fault ?? '' };
  try {
    return { line, value: JSON.parse(text) as unknown };
  } catch {
    return { line, fault: 'is not JSON' };
  }
}

function sentence({ line, field, rule }: LineOutcome & { readonly outcome: 'REFUSED' }): string {
  return `line ${line}: ${field === '' ? 'the line' : field} ${rule}`;
}

function summary({ CREATED, EXISTS, REFUSED }: Counts, dryRun: boolean): string {
  const [created, existing, refused] = [CREATED, EXISTS, REFUSED].map((n) =>
    n.toLocaleString('en'),
  );
  const verb = dryRun ? 'to be made (nothing is written in a dry run)' : 'made';
  return `${created} ${verb}, ${existing} there already, ${refused} refused\n`;
}
