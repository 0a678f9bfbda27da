import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createEmptyDatabase, providers } from '../support/database.ts';
import { ask } from '../support/http.ts';
import { TEST_LONG } from '../support/long.ts';
import { PASSWORD } from '../support/people.ts';
import {
  buildPreviousRelease,
  hasPreviousRelease,
  type PreviousRelease,
} from '../support/previous-release.ts';
import { CLI, INSTALLATION, processOfTest } from '../support/process.ts';

// Documents of their own: those of the other tests may ask for what the release before does not have.
const PAIR = '__typename ... on AuthPayload { accessToken refreshToken }';
const SETUP = `mutation ($input: SetupInput!) { it: setup(input: $input) { ${PAIR} } }`;
const REGISTER = `mutation ($input: RegisterInput!) { it: register(input: $input) { ${PAIR} } }`;
const LOGIN = `mutation ($input: LoginInput!) { it: login(input: $input) { ${PAIR} } }`;
const REFRESH = `mutation ($input: RefreshInput!) { it: refresh(input: $input) { ${PAIR} } }`;
const LOGOUT = 'mutation { it: logout { __typename } }';
const ME = '{ it: me { username } }';
const KEY = `mutation ($input: CreateApiKeyInput!) {
  it: createApiKey(input: $input) { __typename ... on CreateApiKeyPayload { key } }
}`;
const CHANGE_PASSWORD = `mutation ($input: ChangePasswordInput!) {
  it: changePassword(input: $input) { __typename }
}`;

interface Answer {
  readonly __typename?: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly username?: string;
  readonly key: string;
}

const isPossible = hasPreviousRelease();
if (TEST_LONG && !isPossible) {
  process.stdout.write('Skipped: two releases over one database: the commit before is not here.\n');
}

describe.skipIf(!TEST_LONG || !isPossible)('the commit before and this one', () => {
  let previous: PreviousRelease;
  beforeAll(() => {
    previous = buildPreviousRelease();
  }, 600_000);
  afterAll(() => previous?.remove());

  it.each(providers)(
    'serve one database on %s at once',
    async (provider) => {
      const database = await createEmptyDatabase(provider);
      onTestFinished(() => database.drop());
      const env = { ...INSTALLATION, DATABASE_URL: database.url };
      const older = (await processOfTest(env, previous.script)).url;
      const admin = { username: 'admin', password: PASSWORD };
      await pairOf(older, SETUP, admin);
      // Migrates beside the older process, which goes on.
      const newer = (await processOfTest(env)).url;

      for (const [one, other] of [
        [older, newer],
        [newer, older],
      ] as const) {
        const username = one === older ? 'Ann' : 'Ben';
        await pairOf(one, REGISTER, { username, password: PASSWORD });
        const first = await pairOf(other, LOGIN, { username, password: PASSWORD });
        expect(await nameOf(one, first.accessToken)).toBe(username);
        const second = await pairOf(one, REFRESH, { refreshToken: first.refreshToken });
        const third = await pairOf(other, REFRESH, { refreshToken: second.refreshToken });
        expect(await nameOf(one, third.accessToken)).toBe(username);

        const { key } = await answer(one, KEY, { name: 'a key' }, third);
        expect(await nameOf(other, key)).toBe(username);
        const newPassword = 'wrong pony charger';
        const change = { currentPassword: PASSWORD, newPassword };
        expect(await answer(other, CHANGE_PASSWORD, change, third)).toEqual({
          __typename: 'ChangePasswordPayload',
        });
        const last = await pairOf(one, LOGIN, { username, password: newPassword });
        await answer(other, LOGOUT, undefined, last);
        // Without LISTEN a process remembers for some seconds that a session lives.
        await expect.poll(() => nameOf(one, last.accessToken), { timeout: 20_000 }).toBeUndefined();
      }

      const storm = Array.from({ length: 40 }, async (_item, i) => {
        const url = i % 2 === 0 ? older : newer;
        const { refreshToken } = await pairOf(url, LOGIN, admin);
        await pairOf(url === older ? newer : older, REFRESH, { refreshToken });
      });
      await Promise.all(storm);
      const verified = spawnSync(process.execPath, [CLI, 'audit', 'verify'], {
        env: { PATH: process.env['PATH'], ...env },
        encoding: 'utf8',
      });
      expect(verified).toMatchObject({ status: 0, stderr: '' });
    },
    300_000,
  );
});

async function pairOf(url: string, document: string, input: object): Promise<Answer> {
  const pair = await answer(url, document, input);
  expect(pair.__typename).toBe('AuthPayload');
  return pair;
}

async function answer(url: string, document: string, input?: object, by?: Answer): Promise<Answer> {
  const { data, errors } = await sendTo(url, document, input, by?.accessToken);
  expect(errors).toBeUndefined();
  return data!.it;
}

async function nameOf(url: string, token: string): Promise<string | undefined> {
  return (await sendTo(url, ME, undefined, token)).data?.it?.username;
}

async function sendTo(url: string, query: string, input?: object, token?: string) {
  const { text } = await ask(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables: { input } }),
  });
  return JSON.parse(text) as { data?: { it: Answer }; errors?: unknown };
}
