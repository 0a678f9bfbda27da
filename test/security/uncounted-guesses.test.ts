import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startApp } from '../support/app.ts';
import { postgresUrl } from '../support/database.ts';
import { LOGIN } from '../support/documents.ts';
import { createUser, setUpAdmin } from '../support/people.ts';

const GUESSES = 30;

// SQLite has one writer, and no line of writes that a client could fill.
describe.skipIf(postgresUrl === undefined)(
  'a guess whose refusal cannot be audited in time',
  () => {
    it('stays counted, however many wait for the database', async () => {
      const app = await startApp({
        provider: 'postgresql',
        env: { THROTTLE: 'on', DATABASE_WAIT_SECONDS: '1', DATABASE_LOCK_SECONDS: '2' },
      });
      onTestFinished(() => app.close());
      const { accessToken } = await setUpAdmin(app);
      for (let i = 0; i < GUESSES; i++) await createUser(app, accessToken, `user${i}`);
      const { throttle } = app.services.db.prisma;
      await throttle.deleteMany();
      const outside = new pg.Client(app.databaseUrl);
      await outside.connect();
      onTestFinished(() => outside.end());
      await outside.query('BEGIN; SELECT FROM "AuditHead" FOR UPDATE');

      const codes = await Promise.all(
        Array.from({ length: GUESSES }, async (_, i) => {
          const input = { username: `user${i}`, password: 'wrong' };
          return (await app.graphql(LOGIN, { input })).errors[0]?.extensions.code;
        }),
      );
      expect(codes).toEqual(Array<string>(GUESSES).fill('OVERLOADED'));
      await outside.query('ROLLBACK');
      const counted = await throttle.findMany({ where: { attempts: { gt: 0 } } });
      const ofAddress = counted.find(({ attempts }) => attempts === GUESSES);
      expect(ofAddress, JSON.stringify(counted.map(({ attempts }) => attempts))).toBeDefined();
    });
  },
);
