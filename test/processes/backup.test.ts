import { execFile } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { verifyAuditChain } from '../../src/features/audit/verify.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { cli } from '../support/cli.ts';
import { createEmptyDatabase, providers } from '../support/database.ts';
import { ME } from '../support/documents.ts';
import { registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { temporaryFolder } from '../support/process.ts';

const run = promisify(execFile);

/** Writes the backup of a running app, as docs/operate/backup.md says. */
const BACK_UP = {
  sqlite: async ({ databaseUrl }: TestApp, file: string) => {
    const written = await cli({ DATABASE_URL: databaseUrl }, ['backup', file]);
    expect(written).toMatchObject({ code: 0, errors: '' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await cli({ DATABASE_URL: databaseUrl }, ['backup', file])).toMatchObject({ code: 2 });
  },
  postgresql: async ({ databaseUrl }: TestApp, file: string) => {
    await run('pg_dump', ['--format=custom', '--no-owner', `--file=${file}`, databaseUrl]);
  },
};

/** Makes a database of it. */
const RESTORE = {
  sqlite: async (file: string) => ({ url: `file:${file}`, drop: () => Promise.resolve() }),
  postgresql: async (file: string) => {
    const database = await createEmptyDatabase('postgresql');
    const into = `--dbname=${database.url}`;
    await run('pg_restore', ['--exit-on-error', '--no-owner', '--single-transaction', into, file]);
    return database;
  },
};

describe.each(providers)('a backup on %s', (provider) => {
  it('that is made under writes is whole: people sign in, and the audit chain holds', async () => {
    const app = await startApp({ provider });
    const { accessToken } = await setUpAdmin(app);
    const file = join(temporaryFolder(), 'backup');
    let isOver = false;
    const writer = async (name: string) => {
      for (let n = 0; !isOver || n < 3; n++) await registerUser(app, `${name}${n}`);
    };
    const writers = ['ann', 'bob', 'cleo'].map(writer);
    const users = app.services.db.prisma.user;
    await expect.poll(() => users.count(), { timeout: 20_000 }).toBeGreaterThan(6);
    await BACK_UP[provider](app, file);
    isOver = true;
    await Promise.all(writers);
    const after = await users.count();
    await app.close();

    const database = await RESTORE[provider](file);
    const restored = await startApp({ databaseUrl: database.url });
    const count = await restored.services.db.prisma.user.count();
    expect(count).toBeGreaterThan(1);
    expect(count).toBeLessThan(after);
    await signIn(restored, 'admin');
    await signIn(restored, 'ann0');
    // Sessions of the time of the backup go on, with the keys of that time.
    expect((await restored.graphql(ME, {}, accessToken)).errors).toEqual([]);
    const { checked, faults } = await verifyAuditChain(restored.services.db);
    expect(faults).toEqual([]);
    expect(checked).toBeGreaterThan(4);
    await restored.close();
    await database.drop();
  });
});
