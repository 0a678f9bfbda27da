import { CLEAN_UP_RULES, type CleanUpRule } from '../../features/clean-up/rules.ts';
import type { Context } from '../../core/context.ts';
import { cleanUpDatabase, rowsToCleanUp } from '../../features/clean-up/operations.ts';
import { OperatorError } from '../../core/operator-error.ts';
import type { Command, Terminal } from './command.ts';
import { createProgress } from './progress.ts';
import { asOperator } from './operator.ts';

export const pruneCommand: Command = {
  usage: '[--dry-run] [--vacuum]',
  summary:
    'Deletes what is over, as the server does every CLEAN_UP_SECONDS: sessions, tokens, mails, counts, keys and, where AUDIT_RETENTION_DAYS is set, audit events (docs/operate/growth.md). Beside a running server too. --dry-run only counts. --vacuum then writes a SQLite file anew without its free pages: stop the server before.',
  options: { 'dry-run': { type: 'boolean' }, vacuum: { type: 'boolean' } },
  positionals: 0,
  run: (terminal, { values }) =>
    asOperator(terminal, 'prune', async (ctx) => {
      if (values['vacuum'] === true && !ctx.db.vacuum) {
        throw new OperatorError('--vacuum is for SQLite: PostgreSQL has autovacuum');
      }
      if (values['dry-run'] === true) await tellWhatIsOver(ctx, terminal);
      else await deleteWhatIsOver(ctx, terminal);
      if (values['vacuum'] === true && values['dry-run'] !== true) await vacuum(ctx, terminal);
    }),
};

async function tellWhatIsOver(ctx: Context, { stdout }: Terminal): Promise<void> {
  for (const [{ name, over }, count] of await rowsToCleanUp.run(ctx, {})) {
    stdout.write(`${name}: ${count === undefined ? 'kept for ever' : `${count} over (${over})`}\n`);
  }
}

async function deleteWhatIsOver(ctx: Context, terminal: Terminal): Promise<void> {
  const removed = new Map(CLEAN_UP_RULES.map(({ name }) => [name, 0]));
  const progress = createProgress(terminal, 'rows');
  let all = 0;
  await cleanUpDatabase.run(ctx, {
    onRemoved: ({ name }: CleanUpRule, rows: number) => {
      removed.set(name, (removed.get(name) ?? 0) + rows);
      progress.tell((all += rows), undefined);
    },
  });
  progress.clear();
  for (const { name, keepSeconds } of CLEAN_UP_RULES) {
    const isKept = keepSeconds(ctx.config) === undefined;
    terminal.stdout.write(
      `${name}: ${isKept ? 'kept for ever' : `${removed.get(name)} deleted`}\n`,
    );
  }
}

async function vacuum({ db }: Context, { stdout }: Terminal): Promise<void> {
  const size = await db.vacuum?.();
  if (size) stdout.write(`the file had ${size.before} bytes and has ${size.after}\n`);
}
