import { stat } from 'node:fs/promises';
import { loadConfig } from '../../config/config.ts';
import { engineOf } from '../../db/engines/of-url.ts';
import { OperatorError } from '../../core/operator-error.ts';
import type { Command } from './command.ts';

export const backupCommand: Command = {
  usage: '<new file>',
  summary:
    'Writes the whole SQLite database, as it stands at one moment, into a new file for its owner only; beside a running server too. On PostgreSQL use pg_dump.',
  options: {},
  positionals: 1,
  run: async ({ env, stdout }, { positionals: [file = ''] }) => {
    const { databaseUrl } = loadConfig(env);
    const { backup } = engineOf(databaseUrl);
    if (!backup) {
      throw new OperatorError(
        'the database is on PostgreSQL: use pg_dump (docs/operate/backup.md)',
      );
    }
    await backup(databaseUrl, file);
    stdout.write(`${(await stat(file)).size} bytes written to ${file}\n`);
    return 0;
  },
};
