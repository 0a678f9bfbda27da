import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { IMPORT_USERS, LOGIN, REGISTER } from '../support/documents.ts';
import { createUser, PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { LIST_USERS, UPDATE_PROFILE, UPDATE_USER } from '../support/user-documents.ts';

const PERSIAN = 'می\u200cخواهم';
const CODER = '\u{1f469}\u200d\u{1f4bb}';
/** What makes a twin of a name that looks the same. */
const TWINS = (name: string) => [
  ...['\u3164', '\u2800', '\ufe0f', '\u034f', '\u200b', '\u200c', '\u00ad', '\u{e0100}'].flatMap(
    (unseen) => [name + unseen, `${name[0]}${unseen}${name.slice(1)}`],
  ),
];

describe.each(providers)('a username on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  beforeAll(async () => {
    app = await startApp({ provider, env: { ADMIN_USERNAME: 'superuser' } });
    admin = (await setUpAdmin(app, 'Mirna')).accessToken;
    await registerUser(app, 'ann');
  });
  afterAll(() => app.close());

  const register = async (username: string) => {
    const { data, errors } = await app.graphql(REGISTER, {
      input: { username, password: PASSWORD },
    });
    return errors[0]?.extensions.code ?? data.register.__typename;
  };
  const keys = async () => {
    const users = await app.services.db.prisma.user.findMany({ select: { usernameKey: true } });
    return users.map(({ usernameKey }) => usernameKey);
  };

  it('has no twin that looks the same, whichever way the twin comes', async () => {
    const before = await keys();
    const user = await createUser(app, admin, 'other');
    for (const twin of TWINS('ann')) {
      expect(['BAD_USER_INPUT', 'UsernameTakenError']).toContain(await register(twin));
      const renamed = await app.graphql(
        UPDATE_USER,
        { input: { id: user.id, username: twin } },
        admin,
      );
      expect(renamed.errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
      const { status } = await app.rest('POST', '/compat/dumb/api/auth/users', {
        body: { username: twin, password: PASSWORD },
        token: admin,
      });
      expect([400, 409, 422]).toContain(status);
    }
    const users = TWINS('ann').map((username) => ({ username }));
    const imported = await app.graphql(IMPORT_USERS, { input: { users } }, admin);
    const { refused } = expectType(imported.data.importUsers, 'ImportUsersPayload');
    expect(refused).toBe(users.length);
    expect(await keys()).toEqual([...before, 'other']);
  });

  it.each([PERSIAN, CODER])(
    'may hold a joiner inside a word, and is one name without it: %s',
    async (name) => {
      expect(await register(name)).toBe('AuthPayload');
      expect(await register(name.replace('\u200d', '').replace('\u200c', ''))).toBe(
        'UsernameTakenError',
      );
      const plain = name.replace(/[\u200c\u200d]/gu, '');
      for (const typed of [name, plain]) {
        expect((await signIn(app, typed)).user.username).toBe(name);
      }
      for (const search of [name, plain]) {
        const { data } = await app.graphql(LIST_USERS, { first: 5, filter: { search } }, admin);
        expect(data.users.nodes.map(({ username }) => username)).toEqual([name]);
      }
    },
  );

  it('counts several spaces for one', async () => {
    await registerUser(app, 'jo  doe');
    for (const twin of ['jo doe', 'jo\u00a0doe', 'jo \u2003 doe', ' JO DOE ']) {
      expect(await register(twin)).toBe('UsernameTakenError');
      expect((await signIn(app, twin)).user.username).toBe('jo  doe');
    }
  });

  it('is not one that looks like an administrator’s, but to who makes administrators', async () => {
    const looks = ['Mіrna', 'MIRNA', 'M1rna', 'МIRNA', 'rnirna', 'Mi\u0307rna'];
    for (const name of looks)
      expect([name, await register(name)]).toEqual([name, 'UsernameTakenError']);
    for (const name of ['supеruser', 'superu\u0455er', 'SUPERUSER', 'ѕuperuser']) {
      expect([name, await register(name)]).toEqual([name, 'UsernameTakenError']);
    }
    expect(await register('Mirnas')).toBe('AuthPayload');
    expect((await createUser(app, admin, 'Mіrna')).username).toBe('Mіrna');
  });

  it('can no longer be taken once its owner is made an administrator', async () => {
    const { user } = await registerUser(app, 'Paula');
    const input = { id: user.id, systemRole: 'ADMIN' as const };
    await app.graphql(UPDATE_USER, { input }, admin);
    expect(await register('Pаula')).toBe('UsernameTakenError');
  });
});

describe.each(providers)(
  'an account of before with hidden characters in its name on %s',
  (provider) => {
    let app: TestApp;
    let admin: string;
    const OTHER = 'quite another phrase';
    beforeAll(async () => {
      app = await startApp({ provider });
      admin = (await setUpAdmin(app)).accessToken;
      await registerUser(app, 'ann');
      await registerUser(app, 'lee');
      const { user } = app.services.db.prisma;
      for (const [name, key] of [
        ['ann\u3164', 'ann\u1160'],
        ['bob\ufe0f', 'bob\ufe0f'],
        ['two  spaces', 'two  spaces'],
      ] as const) {
        const made = await createUser(app, admin, `old ${name.slice(0, 3)}`, { password: OTHER });
        const data = { username: name, usernameKey: key, handleKey: key };
        await user.update({ where: { id: made.id }, data });
      }
    });
    afterAll(() => app.close());

    it('signs in by its name to the letter, and nobody else is taken for it', async () => {
      expect((await signIn(app, 'ann\u3164', OTHER)).user.username).toBe('ann\u3164');
      expect((await signIn(app, 'bob\ufe0f', OTHER)).user.username).toBe('bob\ufe0f');
      expect((await signIn(app, 'two  spaces', OTHER)).user.username).toBe('two  spaces');
      expect((await signIn(app, 'ann')).user.username).toBe('ann');
      const tried = async (username: string, password: string) =>
        (await app.graphql(LOGIN, { input: { username, password } })).data.login.__typename;
      expect(await tried('ann', OTHER)).toBe('InvalidCredentialsError');
      expect(await tried('ann\u3164', PASSWORD)).toBe('InvalidCredentialsError');
      expect(await tried('bob', OTHER)).toBe('InvalidCredentialsError');
      // Of others, what shows nothing is not looked at.
      expect((await signIn(app, 'le\u200be')).user.username).toBe('lee');
    });

    it('is found by it in the list', async () => {
      const { data } = await app.graphql(
        LIST_USERS,
        { first: 5, filter: { search: 'ann\u3164' } },
        admin,
      );
      expect(data.users.nodes.map(({ username }) => username).sort()).toEqual(['ann', 'ann\u3164']);
    });

    it('keeps its name when something else of it changes', async () => {
      const { accessToken } = await signIn(app, 'ann\u3164', OTHER);
      await app.graphql(UPDATE_PROFILE, { input: { name: 'Ann' } }, accessToken);
      expect((await signIn(app, 'ann\u3164', OTHER)).user.username).toBe('ann\u3164');
    });
  },
);
