import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/core/errors.ts';
import { newApiKey } from '../../src/features/api-keys/rules.ts';
import { systemContext } from '../../src/core/system-context.ts';
import { providers } from '../support/database.ts';
import { IMPORT_USERS, REGISTER } from '../support/documents.ts';
import { cookieOf, networks, startThrottledApp, type ThrottledApp } from '../support/guesses.ts';
import { allOperations } from '../support/operations.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';
import { OWN_TENANTS } from '../support/tenant-documents.ts';
import { CREATE_USER, UPDATE_USER } from '../support/user-documents.ts';

/** What tells that somebody else has an account, by a name or an address that the caller chose. */
const TELLING: readonly ErrorCode[] = ['USERNAME_TAKEN', 'EMAIL_TAKEN', 'ALREADY_MEMBER'];
/** The same in an answer that is no failure. */
const ANSWERING = ['importUsers', 'verifyUserToken'];
/** Whom they tell of is a member of a tenant that the caller reads anyway. */
const OF_MEMBERS = ['addProjectMember', 'acceptTenantInvitation'];

describe('an operation that tells whether a name or an address is taken', () => {
  it('counts each attempt, whichever it is', async () => {
    const operations = [...(await allOperations()).values()];
    const telling = operations.filter(
      ({ name, fails }) => ANSWERING.includes(name) || fails.some((code) => TELLING.includes(code)),
    );
    const names = telling.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['register', 'createUser', 'updateUser']));
    expect(names).toEqual(expect.arrayContaining([...ANSWERING, ...OF_MEMBERS, 'saveUsers']));
    const uncounted = telling.filter(({ isThrottled }) => !isThrottled).map(({ name }) => name);
    expect(uncounted.sort()).toEqual([...OF_MEMBERS].sort());
  });
});

describe.each(providers)('names and accounts on %s', (provider) => {
  let stage: ThrottledApp;
  let admin: string;
  let count = 0;
  const anywhere = networks();
  beforeAll(async () => {
    stage = await startThrottledApp({
      provider,
      env: { REST_ROOT: '', SESSIONS_PER_USER: '1000', ACCESS_TOKEN_SECONDS: '86400' },
    });
    admin = (await setUpAdmin(stage.app)).accessToken;
  });
  afterAll(() => stage.app.close());

  const newName = () => `name${++count}`;
  const register = async (username: string, address: string) => {
    const input = { username, password: PASSWORD };
    const { data, errors } = await stage.ask(REGISTER, { input }, { address });
    return errors[0]?.extensions.code ?? data.register;
  };
  /** The owner of a tenant, with an account in it to play with. */
  const newOwner = async (address = anywhere()) => {
    const made = await register(newName(), address);
    if (typeof made === 'string' || made.__typename !== 'AuthPayload') throw new Error('no owner');
    const { accessToken: token } = made;
    const { data } = await stage.ask(OWN_TENANTS, {}, { address, token });
    return { token, tenantId: data.me.tenants[0]!.id };
  };
  type Owner = Awaited<ReturnType<typeof newOwner>>;
  const create = async ({ token, tenantId }: Owner, username: string, address: string) => {
    const input = { username, password: PASSWORD, tenantId };
    const { data, errors } = await stage.ask(CREATE_USER, { input }, { address, token });
    return errors[0]?.extensions.code ?? data.createUser.__typename;
  };
  const rename = async (token: string, login: string, username: string, address: string) => {
    const input = { login, username };
    const { data, errors } = await stage.ask(UPDATE_USER, { input }, { address, token });
    return errors[0]?.extensions.code ?? data.updateUser.__typename;
  };
  const number = (outcomes: readonly string[], which: RegExp) =>
    outcomes.filter((outcome) => which.test(outcome)).length;

  it('are asked fifty times by one who renames a puppet, from wherever', async () => {
    const owner = await newOwner();
    const puppet = newName();
    expect(await create(owner, puppet, anywhere())).toBe('CreateUserPayload');
    const { id } = await stage.app.services.db.prisma.user.findFirstOrThrow({
      where: { username: puppet },
    });
    const outcomes = [];
    for (let i = 0; i < 100; i++) {
      const input = { id, username: i % 2 ? 'admin' : newName() };
      const whence = { address: anywhere(), token: owner.token };
      const { data, errors } = await stage.ask(UPDATE_USER, { input }, whence);
      outcomes.push(errors[0]?.extensions.code ?? data.updateUser.__typename);
    }
    expect(number(outcomes, /Taken|Payload/)).toBe(49);
    expect(number(outcomes, /RATE_LIMITED/)).toBe(51);
    // What is no question of names goes on.
    const input = { id, disabled: true, name: 'Puppet' };
    const { data } = await stage.ask(
      UPDATE_USER,
      { input },
      { address: anywhere(), token: owner.token },
    );
    expect(data.updateUser.__typename).toBe('UpdateUserPayload');
  });

  it('are asked fifty times from an address, whoever asks, and by whichever door', async () => {
    const owners = [await newOwner(), await newOwner()];
    const address = anywhere();
    const panel = async (username: string) => {
      const body = { email: `${username}@example.com`, password: PASSWORD };
      const headers = { 'x-forwarded-for': address };
      const path = '/compat/quazzar-panel/api/auth/register';
      return String((await stage.app.rest('POST', path, { body, headers })).status);
    };
    const outcomes: string[] = [];
    for (let i = 0; i < 70; i++) {
      const name = i % 5 ? newName() : 'admin';
      const made = await [
        async () => {
          const answer = await register(name, address);
          return typeof answer === 'string' ? answer : answer.__typename;
        },
        () => create(owners[0]!, name, address),
        () => create(owners[1]!, name, address),
        () => panel(name),
        () => rename(owners[1]!.token, 'nobody at all', name, address),
      ][i % 5]!();
      outcomes.push(made);
    }
    expect(number(outcomes, /RATE_LIMITED|429/)).toBe(20);
    expect(outcomes.slice(0, 50).every((outcome) => !/RATE_LIMITED|429/.test(outcome))).toBe(true);
  });

  it('are asked fifty times of a hundred times at once', async () => {
    const owner = await newOwner();
    const address = anywhere();
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        create(owner, i % 2 ? 'admin' : newName(), i % 3 ? address : anywhere()),
      ),
    );
    expect(number(outcomes, /Payload|Taken/)).toBe(50);
    expect(number(outcomes, /RATE_LIMITED/)).toBe(50);
  });

  it('are not told by a password that is refused, which is not counted', async () => {
    const owner = await newOwner();
    const address = anywhere();
    for (let i = 0; i < 60; i++) {
      const input = { username: 'admin', password: 'short', tenantId: owner.tenantId };
      const { data } = await stage.ask(CREATE_USER, { input }, { address, token: owner.token });
      expect(data.createUser.__typename).toBe('PasswordRefusedError');
    }
  });

  describe('of a system administrator', () => {
    const attempts = async () => {
      const { throttle } = stage.app.services.db.prisma;
      const rows = await throttle.findMany({ where: { kind: 'bulkAccounts' } });
      return rows.reduce((sum, row) => sum + row.attempts, 0);
    };
    const send = async (method: string, path: string, body: object, token = admin) => {
      const headers = { 'x-forwarded-for': anywhere() };
      return (await stage.app.rest(method, path, { body, token, headers })).status;
    };
    const secretOf = () => ({ password: PASSWORD });

    it('are counted at every door, and in one count', async () => {
      const person = () => ({ username: newName(), ...secretOf() });
      const doors: Readonly<Record<string, () => Promise<unknown>>> = {
        createUser: () =>
          stage.ask(CREATE_USER, { input: person() }, { address: anywhere(), token: admin }),
        importUsers: () =>
          stage.ask(
            IMPORT_USERS,
            { input: { users: [{ username: newName() }] } },
            { address: anywhere(), token: admin },
          ),
        'DUMB, POST users': () => send('POST', '/compat/dumb/api/auth/users', person()),
        'Dukatia, POST users': async () => {
          const headers = { 'x-forwarded-for': anywhere() };
          const credentials = { body: { name: 'admin', secret: PASSWORD }, headers };
          const base = '/compat/dukatia/api/v1';
          const answer = await stage.app.rest('POST', `${base}/login`, credentials);
          const cookie = cookieOf(answer.headers) ?? '';
          const body = [{ name: newName(), secret: PASSWORD }];
          return stage.app.rest('POST', `${base}/users`, { body, headers: { ...headers, cookie } });
        },
        'QDash, POST register': () => send('POST', '/compat/qdash/auth/register', person()),
      };
      for (const [door, ask] of Object.entries(doors)) {
        const before = await attempts();
        await ask();
        expect([door, (await attempts()) - before]).toEqual([door, 1]);
      }
      const { user } = stage.app.services.db.prisma;
      expect(await user.count({ where: { username: `name${count}` } })).toBe(1);
    });

    it('are counted of their API keys in the same count', async () => {
      const { app } = stage;
      const { id } = await app.services.db.prisma.user.findFirstOrThrow({
        where: { username: 'admin' },
      });
      const spec = { userId: id, name: 'k', scopes: null, lifeSeconds: undefined };
      const key = newApiKey({ ...app.services, ...systemContext(app.services) }, spec);
      await app.services.db.prisma.apiKey.create({ data: key.row });
      const before = await attempts();
      const input = { username: newName(), ...secretOf() };
      const whence = { address: anywhere(), token: key.text };
      const { data } = await stage.ask(CREATE_USER, { input }, whence);
      expect(data.createUser.__typename).toBe('CreateUserPayload');
      expect((await attempts()) - before).toBe(1);
    });

    it('are ten thousand calls in a row, then one a second', async () => {
      const { throttle } = stage.app.services.db.prisma;
      await throttle.updateMany({ where: { kind: 'bulkAccounts' }, data: { attempts: 9998 } });
      const owner = { token: admin, tenantId: (await newOwner()).tenantId };
      const make = () => create(owner, newName(), '192.0.2.1');
      const outcomes = [];
      for (let i = 0; i < 5; i++) outcomes.push(await make());
      expect(outcomes).toEqual([
        'CreateUserPayload',
        'CreateUserPayload',
        ...Array<string>(3).fill('RATE_LIMITED'),
      ]);
      for (let i = 0; i < 3; i++) {
        stage.app.clock.step(1);
        expect(await make()).toBe('CreateUserPayload');
      }
      stage.app.clock.step(3602);
      for (let i = 0; i < 60; i++) expect(await make()).toBe('CreateUserPayload');
    });
  });
});
