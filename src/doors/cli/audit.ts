import { loadConfig } from '../../config/config.ts';
import { connect } from '../../db/client.ts';
import { isUntouched } from '../../db/migrate/migrate.ts';
import { type AuditVerification, verifyAuditChain } from '../../features/audit/verify.ts';
import type { Command, Terminal } from './command.ts';
import { pruneAudit } from '../../features/audit/operations.ts';
import { OperatorError } from '../../core/operator-error.ts';
import { createProgress } from './progress.ts';
import { asOperator } from './operator.ts';

export const auditVerifyCommand: Command = {
  usage: '',
  summary:
    'Reads the whole audit chain, beside a running server too, and names what was changed, removed or cut off. Prints the end, to be kept elsewhere and compared.',
  options: {},
  positionals: 0,
  run: async (terminal) => {
    const { databaseUrl, directDatabaseUrl } = loadConfig(terminal.env);
    if (await isUntouched(directDatabaseUrl)) {
      throw new OperatorError('The database was never migrated: there is no chain to read.');
    }
    const db = await connect({ databaseUrl });
    try {
      const progress = createProgress(terminal, 'events');
      const result = await verifyAuditChain(db, (reached, end) =>
        progress.tell(reached, end === 0 ? undefined : Math.min(1, reached / end)),
      );
      progress.clear();
      report(terminal, result);
      return result.faults.length === 0 ? 0 : 1;
    } finally {
      await db.close();
    }
  },
};

export const auditPruneCommand: Command = {
  usage: '',
  summary:
    'Removes the audit events that are older than AUDIT_RETENTION_DAYS, beside a running server too. The rest can be verified as before.',
  options: {},
  positionals: 0,
  run: (terminal) =>
    asOperator(terminal, 'audit prune', async (ctx) => {
      const { auditRetentionDays: days } = ctx.config;
      if (days === 0) {
        throw new OperatorError('AUDIT_RETENTION_DAYS is 0: audit events are kept for ever.');
      }
      const progress = createProgress(terminal, 'events');
      const onRemoved = (count: number) => progress.tell(count, undefined);
      const removed = await pruneAudit.run(ctx, { days, onRemoved });
      progress.clear();
      terminal.stdout.write(`${removed} events removed, older than ${days} days\n`);
    }),
};

function report(
  { stdout }: Terminal,
  { checked, prunedTo, end, endHash, faults }: AuditVerification,
): void {
  for (const { kind, from, to } of faults) {
    stdout.write(`${kind}: ${from === to ? `event ${from}` : `events ${from} to ${to}`}\n`);
  }
  if (prunedTo > 0) stdout.write(`begins after event ${prunedTo}: what came before was pruned\n`);
  const holds = faults.length === 0 ? 'the chain holds' : 'the chain does NOT hold';
  stdout.write(`${checked} events read: ${holds}\nend: ${end} ${endHash}\n`);
}
