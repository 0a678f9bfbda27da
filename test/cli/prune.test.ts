import { statSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../src/db/client.ts';
import { writeChain } from '../support/audit.ts';
import { cli } from '../support/cli.ts';
import { createTestDatabase, providers } from '../support/database.ts';
import { insertDeadSessions } from '../support/over.ts';
import { INSTALLATION } from '../support/process.ts';

describe.each(providers)('prune on %s', (provider) => {
  async function installation() {
    const database = await createTestDatabase(provider);
    onTestFinished(() => database.drop());
    const env = { ...INSTALLATION, PROFILE: 'development', DATABASE_URL: database.url };
    const db = await connect({ databaseUrl: database.url });
    const now = new Date();
    const names = { username: 'ann', usernameKey: 'ann', handleKey: 'ann' };
    await db.prisma.user.create({ data: { id: 'ann', ...names, createdAt: now, updatedAt: now } });
    return { db, env, now, url: database.url };
  }

  it('counts what is over with --dry-run, and deletes as much without', async () => {
    const { db, env, now } = await installation();
    await insertDeadSessions(db, { userId: 'ann', now, count: 500, devices: 3 });
    // The chain is of January 2026.
    await writeChain(db, 250);
    await db.close();

    const asked = await cli(env, ['prune', '--dry-run']);
    expect(asked.output).toContain('sessions: 500 over (ended or expired)\n');
    expect(asked.output).toContain('audit_events: kept for ever\n');
    const kept = await cli(env, ['prune']);
    expect(kept.output).toContain('sessions: 500 deleted\n');
    expect(kept.output).toContain('audit_events: kept for ever\n');
    const pruned = await cli({ ...env, AUDIT_RETENTION_DAYS: '30' }, ['prune']);
    expect(pruned.output).toContain('sessions: 0 deleted\n');
    expect(pruned.output).toContain('audit_events: 250 deleted\n');
    expect((await cli(env, ['audit', 'verify'])).code).toBe(0);
  });

  it('makes the file smaller', async () => {
    const { db, env, now, url } = await installation();
    await insertDeadSessions(db, { userId: 'ann', now, count: 4000, devices: 3 });
    await db.close();
    const size = () => statSync(url.replace('file:', '')).size;
    if (provider === 'postgresql') {
      const refused = await cli(env, ['prune', '--vacuum']);
      expect([refused.code, refused.errors]).toEqual([2, expect.stringContaining('autovacuum')]);
      return;
    }
    const before = size();
    await cli(env, ['prune']);
    const after = size();
    expect(after).toBeLessThan(before / 2);
    const { output } = await cli(env, ['prune', '--vacuum']);
    expect(output).toMatch(/the file had \d+ bytes and has \d+\n$/);
    expect(size()).toBeLessThanOrEqual(after);
  });
});
