import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.ts';
import { createEmptyDatabase, createTestDatabase, providers } from '../support/database.ts';
import { startApp } from '../support/app.ts';
import { setUpAdmin } from '../support/people.ts';
import { freePort, temporaryFolder } from '../support/process.ts';

const SECRET_KEY = 'a secret key for tests: 32 bytes and more';
const PUBLIC_URL = 'https://accounts.example.com';

describe.each(providers)('vestibule doctor on %s', (provider) => {
  it('finds nothing wrong where nothing is', async () => {
    const database = await createTestDatabase(provider);
    const app = await startApp({ databaseUrl: database.url });
    await setUpAdmin(app);
    const env = { DATABASE_URL: database.url, SECRET_KEY, PUBLIC_URL, DATA_DIR: temporaryFolder() };
    const { code, output } = await cli(env, ['doctor']);
    expect(output).not.toContain('FAIL');
    expect(output).toMatch(/^ok {4}Vestibule \d+\.\d+\.\d+\S* on Node\.js v\d+/);
    expect(output.match(/^warn.*/gm)).toEqual([
      'warn  SMTP_URL is not set: mail waits until it is. Set SMTP_URL to a mail server.',
    ]);
    expect(output).toContain('ok    the secret key opens what is stored');
    expect(code).toBe(0);

    const other = await cli({ ...env, SECRET_KEY: 'another secret key than that: 32 bytes' }, [
      'doctor',
    ]);
    expect(other.code).toBe(1);
    expect(other.output).toContain('FAIL  the secret key is not the one');
    await app.close();
    await database.drop();
  });

  it('says which migrations are missing; `migrate` says so too, and applies them', async () => {
    const database = await createEmptyDatabase(provider);
    const env = { DATABASE_URL: database.url, SECRET_KEY, DATA_DIR: temporaryFolder() };
    const doctor = await cli(env, ['doctor']);
    // A file that is not there is what a first start makes.
    expect(doctor.code).toBe(provider === 'sqlite' ? 0 : 1);
    expect(doctor.output).toMatch(/there is no database yet|the database lacks 0/);
    const status = await cli(env, ['migrate', 'status']);
    expect(status.code).toBe(1);
    expect(status.output).toMatch(/^pending 0/);
    expect((await cli(env, ['migrate', 'apply'])).output).toMatch(/^applied 0/);
    expect(await cli(env, ['migrate', 'status'])).toEqual({
      code: 0,
      output: 'the database is up to date\n',
      errors: '',
    });
    await database.drop();
  });
});

describe('vestibule doctor', () => {
  it('names every fault of the configuration', async () => {
    const { code, output } = await cli({ PORT: 'x', JWT_ALG: 'none' }, ['doctor']);
    expect(code).toBe(1);
    expect(output.match(/^FAIL/gm)).toHaveLength(2);
  });

  it('warns of timeouts that do not fit together', async () => {
    const fit = await cli({ DATA_DIR: temporaryFolder() }, ['doctor']);
    expect(fit.output).toContain('ok    the timeouts fit together');
    const { output } = await cli(
      {
        DATA_DIR: temporaryFolder(),
        DATABASE_TRANSACTION_SECONDS: '30',
        DATABASE_LOCK_SECONDS: '40',
        KEEP_ALIVE_SECONDS: '5',
        SHUTDOWN_DELAY_SECONDS: '0',
      },
      ['doctor'],
    );
    expect(output).not.toContain('the timeouts fit together');
    expect(output.match(/^warn {2}[A-Z_]+_SECONDS/gm)).toEqual([
      'warn  DATABASE_TRANSACTION_SECONDS',
      'warn  REQUEST_SECONDS',
      'warn  KEEP_ALIVE_SECONDS',
      'warn  SHUTDOWN_DELAY_SECONDS',
    ]);
  });

  it('warns of what is weak in production, and fails where mail and keys are not right', async () => {
    const DATA_DIR = join(temporaryFolder(), 'data');
    mkdirSync(DATA_DIR);
    writeFileSync(join(DATA_DIR, 'secret.key'), 'x'.repeat(43));
    writeFileSync(join(DATA_DIR, 'setup-token'), 'x'.repeat(43));
    for (const name of ['secret.key', 'setup-token']) chmodSync(join(DATA_DIR, name), 0o644);
    const env = {
      DATA_DIR,
      THROTTLE: 'off',
      INTROSPECTION: 'on',
      SMTP_URL: `smtp://127.0.0.1:${await freePort()}`,
    };
    const { code, output } = await cli(env, ['doctor']);
    expect(code).toBe(1);
    for (const weak of ['PUBLIC_URL is not https', 'THROTTLE is off', 'INTROSPECTION is on']) {
      expect(output).toContain(`warn  ${weak}`);
    }
    expect(output).toMatch(/FAIL .*secret.key can be read by others/);
    expect(output).toMatch(/FAIL .*setup-token can be read by others/);
    expect(output).toMatch(/FAIL .*cannot be reached/);
  });
});

describe('vestibule calibrate', () => {
  it('prints settings of the time that is asked for, never below the floor', async () => {
    const { code, output } = await cli({}, ['calibrate', '--target-ms', '1']);
    expect(code).toBe(0);
    expect(output).toMatch(/^ARGON2_MEMORY_KIB=19456\nARGON2_TIME=2\nARGON2_PARALLELISM=1\n/m);
    expect(await cli({}, ['calibrate', '--target-ms', 'soon'])).toMatchObject({ code: 2 });
  });
});
