import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { postgresUrl } from '../support/database.ts';
import { LOGIN, ME, REFRESH } from '../support/documents.ts';
import { PASSWORD, registerUser, setUpAdmin } from '../support/people.ts';
import { COUNT_USERS, UPDATE_PROFILE } from '../support/user-documents.ts';

const EACH = 20;

describe.skipIf(postgresUrl === undefined)('a row that somebody else has locked', () => {
  let app: TestApp;
  let outside: pg.Client;
  beforeEach(async () => {
    app = await startApp({
      provider: 'postgresql',
      env: { DATABASE_LOCK_SECONDS: '2', DATABASE_WAIT_SECONDS: '2' },
    });
    outside = new pg.Client(app.databaseUrl);
    await outside.connect();
  });
  afterEach(async () => {
    await outside.end();
    await app.close();
  });

  const many = <T>(work: () => Promise<T>) => Array.from({ length: EACH }, work);
  /** What has to go on: reads, the health check, and writes that have nothing to do with the row. */
  const goesOn = async (admin: { accessToken: string; refreshToken: string }) => {
    let { accessToken, refreshToken } = admin;
    for (let round = 0; round < 3; round++) {
      expect((await app.rest('GET', '/readyz')).status).toBe(200);
      expect((await app.graphql(ME, {}, accessToken)).errors).toEqual([]);
      expect((await app.graphql(COUNT_USERS, {}, accessToken)).errors).toEqual([]);
      const { data, errors } = await app.graphql(REFRESH, { input: { refreshToken } });
      expect(errors).toEqual([]);
      if (data.refresh.__typename !== 'AuthPayload') throw new Error(data.refresh.__typename);
      ({ accessToken, refreshToken } = data.refresh);
    }
  };

  it('stops nobody but those who need it, who are told to try again', async () => {
    const admin = await setUpAdmin(app);
    const ann = await registerUser(app, 'ann');
    await outside.query(`BEGIN; SELECT FROM "User" WHERE "id" = '${ann.user.id}' FOR UPDATE`);
    await outside.query(`SELECT FROM "Session" WHERE "userId" = '${ann.user.id}' FOR UPDATE`);

    const { accessToken, refreshToken } = ann;
    let answered = 0;
    const codes = [
      ...many(() => app.graphql(REFRESH, { input: { refreshToken } })),
      ...many(() => app.graphql(LOGIN, { input: { username: 'ann', password: PASSWORD } })),
      ...many(() => app.graphql(UPDATE_PROFILE, { input: { name: 'Ann' } }, accessToken)),
    ].map(async (asked) => {
      const { errors } = await asked;
      answered++;
      return errors[0]?.extensions.code;
    });
    await goesOn(admin);
    expect(answered).toBeLessThan(codes.length);
    expect(new Set(await Promise.all(codes))).toEqual(new Set(['OVERLOADED']));

    await outside.query('ROLLBACK');
    const { data } = await app.graphql(REFRESH, { input: { refreshToken } });
    expect(data.refresh.__typename).toBe('AuthPayload');
  });

  it('keeps no refresh and no read waiting, if all sign-ins need it', async () => {
    const admin = await setUpAdmin(app);
    const names = await Promise.all(
      Array.from(
        { length: EACH },
        async (_, i) => (await registerUser(app, `u${i}`)).user.username,
      ),
    );
    await outside.query('BEGIN; SELECT FROM "AuditHead" FOR UPDATE');
    let answered = 0;
    const signIns = names.map(async (username) => {
      const input = { username: username!, password: PASSWORD };
      const { errors } = await app.graphql(LOGIN, { input });
      answered++;
      return errors[0]?.extensions.code;
    });
    await goesOn(admin);
    expect(answered).toBeLessThan(signIns.length);
    await outside.query('ROLLBACK');
    const { data } = await app.graphql(LOGIN, { input: { username: 'u0', password: PASSWORD } });
    expect(data.login.__typename).toBe('AuthPayload');
    await Promise.all(signIns);
  });
});
