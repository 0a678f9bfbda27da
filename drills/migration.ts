// The migration drill: starts of the server that SIGKILL and SIGTERM end at random moments while they
// migrate, from an empty database and from an older release, on SQLite and on PostgreSQL; every next start
// has to work and to find the whole schema. Writes the table of docs/operate/upgrade.md. Needs
// TEST_POSTGRES_URL: `npm run drill:migration -- [rounds] [dist/main.js of another release, whose starts are ended]`.
import build from '../test/support/build.ts';
import { providers } from '../test/support/database.ts';
import { openInterruptedStarts } from '../test/support/interrupted-starts.ts';
import { writeFigures } from './figures.ts';

const rounds = Number(process.argv[2] ?? 100);
const script = process.argv[3];
const HEAD = `
| Database | From | Ended by | Starts | Ended between two migrations | Next starts that failed |
| --- | --- | --- | ---: | ---: | ---: |
`;

build();
const rows: string[] = [];
for (const provider of providers) {
  const starts = await openInterruptedStarts(provider, script);
  for (const from of ['an empty database', 'an older release'] as const) {
    for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
      let [midway, failed] = [0, 0];
      for (let round = 0; round < rounds; round++) {
        const { wasMidway, faults } = await starts.once({ from, signal });
        midway += Number(wasMidway);
        failed += Number(faults.length > 0);
        for (const fault of faults) process.stdout.write(`${fault}\n`);
      }
      const row = `| ${provider} | ${from} | ${signal} | ${rounds} | ${midway} | ${failed} |\n`;
      process.stdout.write(row);
      rows.push(row);
      if (failed > 0) process.exitCode = 1;
    }
  }
  await starts.close();
}
if (script === undefined && providers.length > 1) {
  writeFigures('docs/operate/upgrade.md', 'migration', HEAD + rows.join(''));
}
