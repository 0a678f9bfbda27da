import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHasher } from '../../src/adapters/hasher.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { CHANGE_PASSWORD, IMPORT_USERS, LOGIN, REGISTER } from '../support/documents.ts';
import { PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';

const LIGATURE = '\ufdfa';
/** Passwords that no account can have, and the bound that each is beyond. */
const TOO_LONG: readonly (readonly [string, string])[] = [
  ['code units', 'x'.repeat(1025)],
  ['a great many code units', 'x'.repeat(200_000)],
  ['bytes after NFKC', LIGATURE.repeat(1024)],
  ['bytes after NFKC, of few characters', LIGATURE.repeat(32)],
  ['bytes of four each', '\u{1f40e}'.repeat(300)],
];

/** Every door at which a password is checked. */
const DOORS: Readonly<Record<string, (name: string, password: string) => [string, object]>> = {
  graphql: (username, password) => [
    '/graphql',
    { query: String(LOGIN), variables: { input: { username, password } } },
  ],
  'quazzar-os': (username, password) => ['/api/auth/login', { username, password }],
  dukatia: (name, secret) => ['/api/v1/login', { name, secret }],
};

describe.each(providers)('a password that is too long to be one on %s', (provider) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app);
    await registerUser(app, 'ann');
  });
  afterAll(() => app.close());

  const answerOf = async (door: string, name: string, password: string) => {
    const [path, body] = DOORS[door]!(name, password);
    const { status, text, headers } = await app.rest('POST', path, { body });
    const told = [...headers].filter(([key]) => key !== 'date' && key !== 'x-request-id');
    return { status, text, told };
  };

  it.each(Object.keys(DOORS).flatMap((door) => TOO_LONG.map((row) => [door, ...row] as const)))(
    'signs in through %s like a wrong one: more %s',
    async (door, _bound, password) => {
      for (const name of ['ann', 'nobody']) {
        const wrong = await answerOf(door, name, 'wrong');
        expect(await answerOf(door, name, password)).toEqual(wrong);
      }
    },
  );

  it.each(TOO_LONG)(
    'is a wrong current password, and no new one: more %s',
    async (_b, password) => {
      const { accessToken } = await signIn(app, 'ann');
      const change = async (input: { currentPassword: string; newPassword: string }) =>
        app.graphql(CHANGE_PASSWORD, { input }, accessToken);
      const wrong = await change({
        currentPassword: password,
        newPassword: 'quite another phrase',
      });
      expectType(wrong.data.changePassword, 'WrongPasswordError');
      const { data, errors } = await change({ currentPassword: PASSWORD, newPassword: password });
      const refused = errors[0]?.extensions.code ?? data.changePassword.__typename;
      expect(['BAD_USER_INPUT', 'PasswordRefusedError']).toContain(refused);
      const registered = await app.graphql(REGISTER, { input: { username: 'new', password } });
      const code = registered.errors[0]?.extensions.code ?? registered.data.register.__typename;
      expect(['BAD_USER_INPUT', 'PasswordRefusedError']).toContain(code);
    },
  );
});

describe('an imported hash that asks for too much', () => {
  it('is refused by every call that imports, and never checked if it is stored', async () => {
    const app = await startApp();
    try {
      const { accessToken } = await setUpAdmin(app);
      const hashes = [
        `$6$rounds=999999999$salt$${'b'.repeat(86)}`,
        `$2b$31$${'a'.repeat(53)}`,
        `$pbkdf2-sha512$2000000$c29tZXNhbHQ$${'a'.repeat(900)}`,
        `$argon2id$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$${'a'.repeat(42)}A`,
      ];
      const users = hashes.map((passwordHash, i) => ({ username: `dear ${i}`, passwordHash }));
      const { data } = await app.graphql(IMPORT_USERS, { input: { users } }, accessToken);
      const { refused } = expectType(data.importUsers, 'ImportUsersPayload');
      expect(refused).toBe(hashes.length);

      const { user } = app.services.db.prisma;
      for (const [i, passwordHash] of hashes.entries()) {
        await registerUser(app, `stored ${i}`);
        await user.update({ where: { usernameKey: `stored ${i}` }, data: { passwordHash } });
        const input = { username: `stored ${i}`, password: PASSWORD };
        const answer = await app.graphql(LOGIN, { input });
        expectType(answer.data.login, 'InvalidCredentialsError');
      }
    } finally {
      await app.close();
    }
  });
});

describe('a place in the line of hashes', () => {
  const SLOW = `$6$rounds=262144$salt$${'b'.repeat(86)}`;
  const AHEAD = 30;

  /** An app whose one place for hashes is taken, and so many are in the line for it, for many seconds. */
  async function startBusy(env: Readonly<Record<string, string>>) {
    const cheap = { memoryKib: 64, time: 1, parallelism: 1, queueLimit: 100 };
    const hasher = createHasher({ ...cheap, concurrency: 1 });
    const app = await startApp({ hasher, env });
    await setUpAdmin(app);
    const over = Array.from({ length: AHEAD }, () => new AbortController());
    let left = AHEAD;
    const ahead = over.map(({ signal }) =>
      hasher
        .verify(SLOW, 'wrong', signal)
        .catch(() => undefined)
        .finally(() => (left -= 1)),
    );
    return {
      app,
      left: () => left,
      /** Those in the line that the app has put there. */
      waiting: () => hasher.stats().waiting - (left - hasher.stats().running),
      close: async () => {
        for (const one of over) one.abort(new Error('the test is over'));
        await Promise.all(ahead);
        await app.close();
      },
    };
  }

  const begin = (app: TestApp, door: string) => {
    const [path, body] = DOORS[door]!('admin', 'wrong');
    const headers = { 'content-type': 'application/json' };
    const sent = request(app.url + path, { method: 'POST', headers });
    sent.on('error', () => undefined);
    sent.end(JSON.stringify(body));
    return sent;
  };

  it('is free at once when its client goes, whatever door it came through', async () => {
    const { app, left, waiting, close } = await startBusy({});
    try {
      const sent = Object.keys(DOORS).map((door) => begin(app, door));
      await expect.poll(waiting).toBe(sent.length);
      for (const one of sent) one.destroy();
      await expect.poll(waiting).toBe(0);
      expect(left()).toBeGreaterThan(1);
    } finally {
      await close();
    }
  });

  it('is free at once when its request is answered that it took too long', async () => {
    const { app, left, waiting, close } = await startBusy({ REQUEST_SECONDS: '1' });
    try {
      const answers = Object.keys(DOORS).map((door) => {
        const [path, body] = DOORS[door]!('admin', 'wrong');
        return app.rest('POST', path, { body });
      });
      for (const { status } of await Promise.all(answers)) expect(status).toBe(504);
      expect(waiting()).toBe(0);
      expect(left()).toBeGreaterThan(1);
    } finally {
      await close();
    }
  });
});
