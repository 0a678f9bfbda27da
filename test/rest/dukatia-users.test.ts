import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const SUPERUSERS_ONLY = '{"error":"you need to be a superuser for this action"}';
const SECRET = 'my_super_secret_p4ssw0rd';

describe.each(providers)('the users of dukatia on %s', (provider) => {
  let app: TestApp;
  let root: string;
  let plain: string;
  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app, 'admin');
    root = await tokenOf('admin', PASSWORD);
    await post('/users', [{ name: 'Alice', secret: SECRET, superuser: false }]);
    plain = await tokenOf('Alice');
  });
  afterAll(() => app.close());

  const call = (method: string, path: string, body?: unknown, token = root) =>
    app.rest(method, `/api/v1${path}`, {
      ...(body !== undefined && { body }),
      headers: { cookie: `access_token=${token}` },
    });
  const post = (path: string, body?: unknown, token = root) => call('POST', path, body, token);
  const login = (name: string, secret = SECRET) =>
    app.rest('POST', '/api/v1/login', { body: { name, secret } });
  const tokenOf = async (name: string, secret = SECRET) => {
    const { body } = await login(name, secret);
    return (body as { access_token: string }).access_token;
  };
  const find = async (name: string) => {
    const all = (await post('/users/all')).body as { id: string; name: string }[];
    return all.find((user) => user.name === name);
  };
  const idOf = async (name: string) => (await find(name))?.id ?? 'nobody';
  const expectEmpty = (answer: { status: number; text: string; headers: Headers }) => {
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers.get('content-type')).toBe('application/json');
  };

  it('POST /api/v1/users makes Bobby, a superuser, as the document does', async () => {
    expectEmpty(await post('/users', [{ name: 'Bobby', secret: SECRET, superuser: true }]));
    expect(await find('Bobby')).toEqual({
      id: expect.stringMatching(UUID) as string,
      name: 'Bobby',
      secret: null,
      encrypted_secret: null,
      superuser: true,
      active: true,
      last_logon: null,
    });
    expect((await login('Bobby')).status).toBe(200);
  });

  it('POST /api/v1/users takes one object as well', async () => {
    expectEmpty(await post('/users', { name: 'Carol', secret: SECRET, superuser: false }));
    expect(await find('Carol')).toMatchObject({ superuser: false });
  });

  it('POST /api/v1/users makes nobody of a list in which a name is taken', async () => {
    const list = ['Dave', 'Erin', 'alice'].map((name) => ({ name, secret: SECRET }));
    const answer = await post('/users', list);
    expect([answer.status, answer.text]).toEqual([400, '{"error":"That username is taken."}']);
    expect(await find('Dave')).toBeUndefined();
    const twice = [list[0], { name: 'DAVE', secret: SECRET }];
    expect((await post('/users', twice)).status).toBe(400);
    expect(await find('Dave')).toBeUndefined();
  });

  it('POST /api/v1/users with an id updates that user, and only what is sent', async () => {
    await post('/users', { name: 'Frank', secret: SECRET });
    const id = await idOf('Frank');
    expectEmpty(await post('/users', [{ id, name: 'Franklin' }]));
    expect(await find('Franklin')).toMatchObject({ id, superuser: false, active: true });
    expectEmpty(
      await post('/users', [
        { id, superuser: true },
        { name: 'Gina', secret: SECRET },
      ]),
    );
    expect(await find('Franklin')).toMatchObject({ id, superuser: true });
    expect((await login('franklin')).status).toBe(200);
    expect(await find('Gina')).toBeDefined();
  });

  it('undoes an update when what stands beside it in the list fails', async () => {
    await post('/users', { name: 'Harry', secret: SECRET });
    const id = await idOf('Harry');
    const answer = await post('/users', [
      { id, superuser: true },
      { name: 'alice', secret: SECRET },
    ]);
    expect(answer.status).toBe(400);
    expect(await find('Harry')).toMatchObject({ superuser: false });
  });

  it.each([
    ['GET', '/users/all'],
    ['POST', '/users/all'],
    ['POST', '/users'],
    ['PUT', '/users/someone'],
  ])('%s %s answers 400 to whoever is no superuser, and 401 without a cookie', async (...at) => {
    const body = at[0] === 'GET' ? undefined : { name: 'X', secret: SECRET };
    const refused = await call(at[0], at[1], body, plain);
    expect([refused.status, refused.text]).toEqual([400, SUPERUSERS_ONLY]);
    const stranger = await app.rest(at[0], `/api/v1${at[1]}`, { ...(body && { body }) });
    expect([stranger.status, stranger.text]).toEqual([
      401,
      '{"error":"cookie access_token not set"}',
    ]);
  });

  it.each(['POST', 'GET'])('%s /api/v1/users/all answers everybody by name', async (method) => {
    const answer = await call(method, '/users/all');
    expect(answer.status).toBe(200);
    const users = answer.body as { name: string }[];
    const names = users.map(({ name }) => name.toLowerCase());
    expect(names).toEqual([...names].sort());
    expect(names).toEqual(expect.arrayContaining(['admin', 'alice', 'bobby']));
    for (const user of users) {
      expect(Object.keys(user)).toEqual([
        'id',
        'name',
        'secret',
        'encrypted_secret',
        'superuser',
        'active',
        'last_logon',
      ]);
    }
    expect(answer.text).not.toContain('": ');
    expect(answer.text).not.toContain('argon2');
  });

  describe('PUT /api/v1/users/{id}', () => {
    it('ends the sessions of whoever is not active any more', async () => {
      await post('/users', { name: 'Ivan', secret: SECRET });
      const token = await tokenOf('Ivan');
      const path = `/users/${await idOf('Ivan')}`;
      expectEmpty(await call('PUT', path, { active: false }));
      expect((await call('GET', '/users/me', undefined, token)).status).toBe(401);
      expect((await login('Ivan')).text).toBe('{"error":"the given credentials are invalid"}');
      expectEmpty(await call('PUT', path, { active: true }));
      expect((await login('Ivan')).status).toBe(200);
    });

    it('gives another secret, and ends the sessions of the one before', async () => {
      await post('/users', { name: 'Judy', secret: SECRET });
      const token = await tokenOf('Judy');
      const path = `/users/${await idOf('Judy')}`;
      expectEmpty(await call('PUT', path, { secret: 'myshinynewpassword1' }));
      expect((await call('GET', '/users/me', undefined, token)).status).toBe(401);
      expect((await login('Judy')).status).toBe(400);
      const again = await tokenOf('Judy', 'myshinynewpassword1');
      expect((await call('GET', '/users/me/dashboards', undefined, again)).text).toBe(
        '{"error":"Choose a password of your own first."}',
      );
      const own = { old_secret: 'myshinynewpassword1', new_secret: 'an owl at the window' };
      expectEmpty(await call('PUT', '/users/me/secret', own, again));
      expect((await call('GET', '/users/me/dashboards', undefined, again)).status).toBe(200);
    });

    it.each([
      { secret: 'myshinynewpassword1' },
      { superuser: true },
      { active: false },
      { name: 'Al' },
    ])('asks for a recent sign-in of whoever gives %j', async (change) => {
      const before = await find('Alice');
      const old = await tokenOf('admin', PASSWORD);
      app.clock.step(2 * 60 * 60);
      const refused = await call('PUT', `/users/${before!.id}`, change, old);
      expect(refused).toMatchObject({
        status: 400,
        body: { error: 'Show that it is you: sign in again first.' },
      });
      root = await tokenOf('admin', PASSWORD);
      expect(await find('Alice')).toEqual(before);
    });

    it.each([{ active: true }, { active: false }, { superuser: false }, { secret: SECRET }])(
      'keeps people from changing their own standing: %j',
      async (change) => {
        const answer = await call('PUT', `/users/${await idOf('admin')}`, change);
        expect([answer.status, answer.text]).toEqual([400, '{"error":"you cant edit yourself!"}']);
      },
    );

    it('answers 404 for nobody, and says which field is wrong in its own words', async () => {
      expect(await call('PUT', '/users/nobody', { name: 'X' })).toMatchObject({
        status: 404,
        body: { error: 'There is no such user.' },
      });
      const wrong = await call('PUT', `/users/${await idOf('Alice')}`, { superuser: 'yes' });
      expect(wrong.status).toBe(400);
      expect((wrong.body as { error: string }).error).toMatch(/^0\.superuser: /);
    });
  });

  it('PUT /api/v1/users/me/secret replaces the own secret', async () => {
    await post('/users', { name: 'Kate', secret: 'myoldinsecurepassword' });
    const token = await tokenOf('Kate', 'myoldinsecurepassword');
    const change = { old_secret: 'myoldinsecurepassword', new_secret: 'myshinynewpassword1' };
    expect(
      await call('PUT', '/users/me/secret', { ...change, old_secret: 'no' }, token),
    ).toMatchObject({ status: 400, text: '{"error":"the given credentials are invalid"}' });
    expectEmpty(await call('PUT', '/users/me/secret', change, token));
    expect((await login('Kate', 'myshinynewpassword1')).status).toBe(200);
    const stranger = await app.rest('PUT', '/api/v1/users/me/secret', { body: change });
    expect(stranger.status).toBe(401);
  });

  it.each(['/users/me/dasboards', '/users/me/dashboards'])(
    'GET /api/v1%s answers the one dashboard of everybody',
    async (path) => {
      for (const name of ['admin', 'Alice']) {
        const token = await tokenOf(name, name === 'admin' ? PASSWORD : SECRET);
        const answer = await call('GET', path, undefined, token);
        expect(answer.status).toBe(200);
        expect(answer.body).toEqual([
          {
            id: expect.stringMatching(UUID) as string,
            user_id: await idOf(name),
            name: 'Default',
            description: 'The default Dashboard',
          },
        ]);
      }
      expect((await app.rest('GET', `/api/v1${path}`)).status).toBe(401);
    },
  );

  it('answers the same dashboard over GraphQL', async () => {
    const body = { username: 'Alice', password: SECRET };
    const { access_token: token } = (await app.rest('POST', '/api/auth/login', { body }))
      .body as Record<string, string>;
    const query = '{ dashboards { id userId name description createdAt } }';
    const answer = await app.rest('POST', '/graphql', { body: { query }, token });
    const { data } = answer.body as { data: { dashboards: unknown } };
    const [rest] = (await call('GET', '/users/me/dashboards', undefined, plain)).body as {
      id: string;
    }[];
    expect(data.dashboards).toEqual([
      {
        id: rest?.id,
        userId: await idOf('Alice'),
        name: 'Default',
        description: 'The default Dashboard',
        createdAt: '2026-01-31T09:30:00.000Z',
      },
    ]);
  });

  it('writes down who was made and changed, and no secret', async () => {
    await post('/users', { name: 'Leo', secret: SECRET });
    const targetId = await idOf('Leo');
    await call('PUT', `/users/${targetId}`, { secret: 'myshinynewpassword1', superuser: true });
    const events = await app.services.db.prisma.auditEvent.findMany({
      where: { targetId },
      orderBy: { sequence: 'asc' },
    });
    expect(events.map(({ action }) => action)).toEqual([
      'user.created',
      'user.role_changed',
      'password.reset',
    ]);
    expect(JSON.stringify(events.map(({ details }) => details))).not.toContain('password1');
  });

  it('makes one user of a hundred calls at once for the same name', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => post('/users', { name: 'Mallory', secret: SECRET })),
    );
    const made = answers.filter(({ status }) => status === 200);
    expect(made).toHaveLength(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400]));
  });
});
