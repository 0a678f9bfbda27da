import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cli } from '../support/cli.ts';
import { createEmptyDatabase, postgresUrl } from '../support/database.ts';
import { INSTALLATION, processOfTest, startInVain, temporaryFolder } from '../support/process.ts';

const { SECRET_KEY } = INSTALLATION;
const OTHER_KEY = 'another secret key: 32 bytes and more too';

/** One line on stderr that says why, and nothing that only a programmer would want. */
async function expectReason(env: Record<string, string>, reason: RegExp) {
  const { code, errors } = await startInVain(env);
  expect(errors).toMatch(/^vestibule: [^\n]*\n$/);
  expectToSay(errors, reason);
  expect(code).toBe(1);
}

/** The same in this process, for what fails before anything is opened that would stay open. */
async function expectReasonHere(env: Record<string, string>, reason: RegExp) {
  const { code, errors } = await cli({ PROFILE: 'development', PORT: '0', ...env }, ['serve']);
  expect(errors).toMatch(/^[^\n]+$/);
  expectToSay(errors, reason);
  expect(code).toBe(2);
}

function expectToSay(errors: string, reason: RegExp): void {
  expect(errors).toMatch(reason);
  expect(errors).not.toMatch(/\bat .*:\d+:\d+|hunter2|a secret key/);
}

describe('a start that cannot be', () => {
  it('says which database it cannot reach', async () => {
    const DATABASE_URL = 'postgresql://vestibule:hunter2@127.0.0.1:1/accounts';
    await expectReason(
      { DATABASE_URL, SECRET_KEY },
      /Cannot use the PostgreSQL database at 127\.0\.0\.1:1\/accounts: .*ECONNREFUSED/,
    );
  });

  it('says which file it cannot use as its database', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'text.db'), 'This is no database, however long it is. '.repeat(50));
    const file = join(folder, 'text.db');
    await expectReasonHere(
      { DATA_DIR: folder, DATABASE_URL: `file:${file}` },
      /text\.db: .*not a database/,
    );
  });

  it('says which folder it cannot write to', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');
    await expectReasonHere({ DATA_DIR: join(folder, 'file') }, /\/file/);
  });

  it('says that the port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    await expectReason(
      { DATA_DIR: temporaryFolder(), PORT: String(port) },
      new RegExp(`Port ${port} of 127\\.0\\.0\\.1 is in use; set PORT to another\\.`),
    );
    other.close();
  });

  it('says that the address is not one of this machine', async () => {
    const env = { DATA_DIR: temporaryFolder(), HOST: '203.0.113.1' };
    await expectReason(env, /EADDRNOTAVAIL: .*203\.0\.113\.1/);
  });

  it('names every fault of the configuration', async () => {
    const { code, errors } = await startInVain({
      PORT: 'http',
      SECRET_KEY: 'hunter2',
      CORS_ORIGINS: '*',
    });
    expect(errors.split('\n')).toEqual([
      'vestibule: The configuration is not valid:',
      expect.stringMatching(/^ {2}- PORT must be a whole number.*"http"\)$/),
      expect.stringMatching(/^ {2}- SECRET_KEY must be .* 32 bytes .*not shown\)$/),
      expect.stringMatching(/^ {2}- CORS_ORIGINS must list exact origins .*"\*"\)$/),
      '',
    ]);
    expect(code).toBe(1);
  });

  it('says which file of trusted documents it cannot use', async () => {
    const { code, errors } = await startInVain({
      DATA_DIR: temporaryFolder(),
      TRUSTED_DOCUMENTS: 'only',
      TRUSTED_DOCUMENTS_FILE: 'nothing.json',
    });
    expect(errors).toMatch(
      /^vestibule: The configuration is not valid:\n {2}- TRUSTED_DOCUMENTS_FILE must name [^\n]*"nothing.json"\): ENOENT[^\n]*\n$/,
    );
    expect(code).toBe(1);
  });

  it('names a REST dialect that it does not know', async () => {
    const { code, errors } = await startInVain({
      DATA_DIR: temporaryFolder(),
      REST_ROOT: 'dukatia,nobody',
    });
    expect(errors).toMatch(
      /^vestibule: The configuration is not valid:\n {2}- REST_ROOT names "nobody"; there is [^\n]*dukatia[^\n]*\n$/,
    );
    expect(code).toBe(1);
  });

  it('wants a SECRET_KEY on PostgreSQL before it connects', async () => {
    const DATABASE_URL = 'postgresql://127.0.0.1:1/x';
    const { errors } = await cli({ PROFILE: 'development', DATABASE_URL }, ['serve']);
    expect(errors).toBe(
      'The configuration is not valid:\n' +
        '  - SECRET_KEY must be set on PostgreSQL, to the same value in every process',
    );
  });

  it('says that the SECRET_KEY is not the one of the database', async () => {
    const DATA_DIR = temporaryFolder();
    const first = await processOfTest({ DATA_DIR, SECRET_KEY });
    expect((await first.stop()).code).toBe(0);

    const wrong = /SECRET_KEY does not open what the database holds\./;
    await expectReason({ DATA_DIR, SECRET_KEY: OTHER_KEY }, wrong);
    const again = await processOfTest({ DATA_DIR, SECRET_KEY: `${OTHER_KEY},${SECRET_KEY}` });
    expect((await again.stop()).code).toBe(0);
  });

  it('says that the secret key file is cut short', async () => {
    const DATA_DIR = temporaryFolder();
    writeFileSync(join(DATA_DIR, 'secret.key'), 'half');
    await expectReason({ DATA_DIR }, /The secret key in .*\/secret\.key is cut short/);
  });
});

describe.skipIf(postgresUrl === undefined)('a start on a PostgreSQL', () => {
  it('says that the database is not there', async () => {
    const database = await createEmptyDatabase('postgresql');
    await database.drop();
    await expectReasonHere(
      { DATABASE_URL: database.url, SECRET_KEY },
      /Cannot use the PostgreSQL database at .*: database ".*" does not exist/,
    );
  });
});
