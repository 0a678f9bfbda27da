import { loadConfig } from '../config.ts';
import { connect } from '../db/client.ts';
import { type AuditVerification, verifyAuditChain } from '../features/audit/verify.ts';
import type { Command, Terminal } from './command.ts';
import { createProgress } from './progress.ts';

export const auditVerifyCommand: Command = {
  usage: '',
  summary:
    'Reads the whole audit chain, beside a running server too, and names what was changed, removed or cut off. Prints the end, to be kept elsewhere and compared.',
  options: {},
  positionals: 0,
  run: async (terminal) => {
    const db = await connect({ databaseUrl: loadConfig(terminal.env).databaseUrl });
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

function report({ stdout }: Terminal, { checked, end, endHash, faults }: AuditVerification): void {
  for (const { kind, from, to } of faults) {
    stdout.write(`${kind}: ${from === to ? `event ${from}` : `events ${from} to ${to}`}\n`);
  }
  const holds = faults.length === 0 ? 'the chain holds' : 'the chain does NOT hold';
  stdout.write(`${checked} events read: ${holds}\nend: ${end} ${endHash}\n`);
}
