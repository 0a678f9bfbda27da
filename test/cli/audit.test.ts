import { describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/db/client.ts';
import { isUntouched } from '../../src/db/migrate/migrate.ts';
import { writeChain } from '../support/audit.ts';
import { cli } from '../support/cli.ts';
import { createEmptyDatabase, createTestDatabase, providers } from '../support/database.ts';
import { INSTALLATION } from '../support/process.ts';

describe.each(providers)('audit verify on %s', (provider) => {
  it('says so, and leaves it alone, where the database was never migrated', async () => {
    const database = await createEmptyDatabase(provider);
    onTestFinished(() => database.drop());
    const env = { ...INSTALLATION, PROFILE: 'development', DATABASE_URL: database.url };
    const errors = 'The database was never migrated: there is no chain to read.';
    expect(await cli(env, ['audit', 'verify'])).toMatchObject({ code: 2, errors });
    expect(await isUntouched(database.url)).toBe(true);
  });
});

describe.each(providers)('audit prune on %s', (provider) => {
  it('removes what is older than it is to be kept, and leaves a chain that audit verify takes', async () => {
    const database = await createTestDatabase(provider);
    onTestFinished(() => database.drop());
    const env = { ...INSTALLATION, PROFILE: 'development', DATABASE_URL: database.url };
    const db = await connect({ databaseUrl: database.url });
    await writeChain(db, 9);
    // The chain is of January 2026.
    await db.close();

    const kept = await cli({ ...env, AUDIT_RETENTION_DAYS: '0' }, ['audit', 'prune']);
    expect([kept.code, kept.errors]).toEqual([2, expect.stringContaining('kept for ever')]);
    const pruned = await cli({ ...env, AUDIT_RETENTION_DAYS: '30' }, ['audit', 'prune']);
    expect(pruned).toMatchObject({ code: 0, output: '9 events removed, older than 30 days\n' });
    const verified = await cli(env, ['audit', 'verify']);
    expect(verified.code).toBe(0);
    expect(verified.output).toMatch(/^begins after event 9: .*\n1 events read: the chain holds\n/);
  });
});
