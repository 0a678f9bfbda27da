import { randomBytes } from 'node:crypto';
import { dropServerDatabases } from './server-databases.ts';

/** Names the run, and drops the databases of its name that its tests have left to one another. */
export default function nameTheRun(): (() => Promise<void>) | undefined {
  if (process.env['TEST_POSTGRES_URL'] === undefined) return undefined;
  const run = `vestibule_run_${randomBytes(4).toString('hex')}`;
  process.env['TEST_RUN'] = run;
  return () => dropServerDatabases(`${run}_`);
}
