import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import type { ImportLine, LineOutcome } from '../../features/import/batch.ts';
import { importFile } from '../../features/import/operations.ts';
import { AppError } from '../../core/errors.ts';
import type { Context } from '../../core/context.ts';
import { OperatorError } from '../../core/operator-error.ts';
import type { Arguments, Command, Terminal } from './command.ts';
import { readLines, type TextLine } from './lines.ts';
import { asOperator } from './operator.ts';
import { createProgress } from './progress.ts';

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
    asOperator(terminal, 'import', (ctx) => importUsersOf(ctx, terminal, args)),
};

type Counts = Record<LineOutcome['outcome'], number>;

async function importUsersOf(ctx: Context, terminal: Terminal, args: Arguments): Promise<number> {
  const [file = ''] = args.positionals;
  const { tenant: tenantId } = args.values;
  const dryRun = args.values['dry-run'] === true;
  const size = file === '-' ? undefined : (await stat(file)).size;
  const stream = file === '-' ? terminal.stdin : createReadStream(file);
  const progress = createProgress(terminal);
  let last: TextLine | undefined;
  async function* batches(): AsyncGenerator<readonly ImportLine[]> {
    for await (const lines of inBatches(readLines(stream as AsyncIterable<Buffer>))) {
      last = lines.at(-1);
      yield lines.map(parse);
    }
  }

  const run = await begin(ctx, { batches: batches(), tenantId, dryRun });
  const counts: Counts = { CREATED: 0, EXISTS: 0, REFUSED: 0 };
  for await (const outcomes of run.batches) {
    progress.clear();
    for (const outcome of outcomes) {
      counts[outcome.outcome] += 1;
      if (outcome.outcome === 'REFUSED') terminal.stdout.write(`${sentence(outcome)}\n`);
    }
    progress.tell(last?.number ?? 0, size && last && last.end / size);
    if (ctx.db.engine.hasOneWriter) await setTimeout(PAUSE_MS);
  }
  progress.clear();
  terminal.stdout.write(summary(counts, dryRun));
  return counts.REFUSED === 0 ? 0 : 1;
}

async function begin(
  ctx: Context,
  input: { readonly tenantId: unknown; readonly [name: string]: unknown },
) {
  try {
    return await importFile.run(ctx, input);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'TENANT_NOT_FOUND') throw error;
    throw new OperatorError(`there is no tenant ${JSON.stringify(input.tenantId)}`, {
      cause: error,
    });
  }
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
