import { CLEAN_UP_RULES } from '../../features/clean-up/rules.ts';
import { cleanUp, countOver } from '../../features/clean-up/run.ts';
import { OperatorError } from '../../core/operator-error.ts';
import type { Services } from '../../core/services.ts';
import type { Command, Terminal } from './command.ts';
import { createProgress } from './progress.ts';
import { withServices } from './services.ts';

export const pruneCommand: Command = {
  usage: '[--dry-run] [--vacuum]',
  summary:
    'Deletes what is over, as the server does every CLEAN_UP_SECONDS: sessions, tokens, mails, counts, keys and, where AUDIT_RETENTION_DAYS is set, audit events (docs/operate/growth.md). Beside a running server too. --dry-run only counts. --vacuum then writes a SQLite file anew without its free pages: stop the server before.',
  options: { 'dry-run': { type: 'boolean' }, vacuum: { type: 'boolean' } },
  positionals: 0,
  run: (terminal, { values }) =>
    withServices(terminal, async (services) => {
      if (values['vacuum'] === true && !services.db.vacuum) {
        throw new OperatorError('--vacuum is for SQLite: PostgreSQL has autovacuum');
      }
      if (values['dry-run'] === true) await tellWhatIsOver(services, terminal);
      else await deleteWhatIsOver(services, terminal);
      if (values['vacuum'] === true && values['dry-run'] !== true) await vacuum(services, terminal);
      return 0;
    }),
};

async function tellWhatIsOver(services: Services, { stdout }: Terminal): Promise<void> {
  for (const [{ name, over }, count] of await countOver(services)) {
    stdout.write(`${name}: ${count === undefined ? 'kept for ever' : `${count} over (${over})`}\n`);
  }
}

async function deleteWhatIsOver(services: Services, terminal: Terminal): Promise<void> {
  const removed = new Map(CLEAN_UP_RULES.map(({ name }) => [name, 0]));
  const progress = createProgress(terminal, 'rows');
  let all = 0;
  await cleanUp(services, {
    by: 'vestibule prune',
    onRemoved: ({ name }, rows) => {
      removed.set(name, (removed.get(name) ?? 0) + rows);
      progress.tell((all += rows), undefined);
    },
  });
  progress.clear();
  for (const { name, keepSeconds } of CLEAN_UP_RULES) {
    const isKept = keepSeconds(services.config) === undefined;
    terminal.stdout.write(
      `${name}: ${isKept ? 'kept for ever' : `${removed.get(name)} deleted`}\n`,
    );
  }
}

async function vacuum({ db }: Services, { stdout }: Terminal): Promise<void> {
  const size = await db.vacuum?.();
  if (size) stdout.write(`the file had ${size.before} bytes and has ${size.after}\n`);
}
