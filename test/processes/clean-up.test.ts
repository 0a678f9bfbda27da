import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startApp } from '../support/app.ts';
import type { CleanUpOrder, CleanUpReply } from '../support/clean-up-member.ts';
import { providers } from '../support/database.ts';
import { ME } from '../support/documents.ts';
import { TEST_LONG } from '../support/long.ts';
import { insertDeadSessions } from '../support/over.ts';
import { setUpAdmin } from '../support/people.ts';
import { INSTALLATION } from '../support/process.ts';

const MEMBER = fileURLToPath(new URL('../support/clean-up-process.mjs', import.meta.url));
const ROUNDS = TEST_LONG ? 100 : 20;
const DEAD = 30;

/** A process of its own over the database, which does what it is told. */
async function startMember(databaseUrl: string) {
  const env = { ...INSTALLATION, PROFILE: 'development', DATABASE_URL: databaseUrl };
  const child = fork(MEMBER, { env, execArgv: [] });
  onTestFinished(() => void child.kill());
  await once(child, 'message');
  return async (order: CleanUpOrder): Promise<CleanUpReply> => {
    child.send(order);
    const [reply] = (await once(child, 'message')) as [CleanUpReply & { error?: string }];
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply;
  };
}

describe.each(providers)('two processes that clean up at once on %s', (provider) => {
  it('delete each row once, however often, and nothing alive', { timeout: 60_000 }, async () => {
    const app = await startApp({ provider });
    onTestFinished(() => app.close());
    const { accessToken, user } = await setUpAdmin(app);
    const now = app.clock.now();
    const members = [await startMember(app.databaseUrl), await startMember(app.databaseUrl)];
    const all = (what: CleanUpOrder['what'], seconds = 0) =>
      Promise.all(members.map((tell) => tell({ now: now.getTime() + seconds * 1000, what })));
    for (let round = 0; round < ROUNDS; round++) {
      await insertDeadSessions(app.services.db, { userId: user.id, now, count: DEAD, devices: 7 });
      const removed = (await all('cleanUp')).map((reply) => reply.removed['sessions'] ?? 0);
      // What one has locked the other leaves out, and the one deletes it.
      expect(removed.reduce((sum, count) => sum + count, 0)).toBe(DEAD);
      // The turn of the round before is over by then.
      const turns = (await all('takeTurn', round * 61)).filter(({ hasTurn }) => hasTurn);
      expect(turns).toHaveLength(1);
    }
    expect(await app.services.db.prisma.session.count()).toBe(1);
    expect(await app.services.db.prisma.knownDevice.count()).toBe(7);
    expect((await app.graphql(ME, {}, accessToken)).errors).toEqual([]);
  });
});
