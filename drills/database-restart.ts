// The drill of a database that ends: PostgreSQL is killed and started again at once, and is away for
// twenty seconds. Writes its table of docs/operate/faults.md. Needs Debian's postgresql-15:
// `npm run drill:database-restart`.
import { setTimeout as sleep } from 'node:timers/promises';
import build from '../test/support/build.ts';
import { startLoneServer } from '../test/support/cluster.ts';
import { drill, writeRows } from './faults/drill.ts';

const AWAY_MS = 20_000;

build();
const rows: string[] = [];
for (const [name, awayMs] of [
  ['PostgreSQL killed and started again', 0],
  ['PostgreSQL away for 20 s', AWAY_MS],
] as const) {
  const server = await startLoneServer();
  try {
    await server.query('CREATE DATABASE vestibule');
    rows.push(
      await drill({
        name,
        databaseUrl: server.urlOf('vestibule'),
        happen: async () => {
          await server.kill();
          await sleep(awayMs);
          await server.start();
          return { from: performance.now() };
        },
      }),
    );
  } finally {
    await server.close();
  }
}
writeRows('database-restart', rows);
