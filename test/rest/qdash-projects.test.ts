import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { PASSWORD, registerUser, setUpAdmin } from '../support/people.ts';

describe.each(providers)('the projects of qdash on %s', (provider) => {
  let app: TestApp;
  const tokens: Record<string, string> = {};
  let id: string;
  beforeAll(async () => {
    app = await startApp({ provider, env: { REST_ROOT: 'qdash' } });
    tokens['admin'] = (await setUpAdmin(app)).accessToken;
    for (const name of ['owner', 'editor', 'viewer', 'other']) {
      const body = { username: name, password: PASSWORD };
      const made = (await call('admin', 'POST', '/auth/register', body)).body as {
        access_token: string;
        default_project_id: string;
      };
      tokens[name] = made.access_token;
      if (name === 'owner') id = made.default_project_id;
    }
    for (const role of ['editor', 'viewer']) {
      app.clock.step(1);
      const body = { username: role, role };
      const added = await call('owner', 'POST', `/projects/${id}/members`, body);
      expect(added.status, added.text).toBe(201);
    }
    tokens['stranger'] = (await registerUser(app, 'stranger')).accessToken;
  });
  afterAll(() => app.close());

  const call = (who: string, method: string, path: string, body?: unknown) =>
    app.rest(method, path, { ...(body !== undefined && { body }), token: tokens[who] });
  const expectDetail = (answer: { status: number; text: string }, status: number, detail: string) =>
    expect([answer.status, answer.text]).toEqual([status, JSON.stringify({ detail })]);

  it('show their members, whatever the role, with the fields of the product', async () => {
    const answer = await call('viewer', 'GET', `/projects/${id}`);
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        project_id: id,
        owner_user_id: expect.any(String) as string,
        owner_username: 'owner',
        name: "owner's project",
        description: '',
        tags: [],
        default_role: 'viewer',
        created_at: expect.any(String) as string,
        updated_at: expect.any(String) as string,
      },
    ]);
    const { body } = await call('viewer', 'GET', `/projects/${id}/members`);
    expect(body).toMatchObject({
      total: 3,
      members: [
        { username: 'owner', role: 'owner' },
        { username: 'editor', role: 'editor' },
        { project_id: id, username: 'viewer', role: 'viewer', status: 'active', invited_by: null },
      ],
    });
  });

  it('are kept from whoever has no part in them, administrators too', async () => {
    for (const who of ['other', 'admin']) {
      for (const path of [`/projects/${id}`, `/projects/${id}/members`]) {
        const answer = await call(who, 'GET', path);
        expectDetail(answer, 403, `You do not have access to project '${id}'`);
      }
    }
    // Of another tenant: there is no such project.
    expectDetail(
      await call('stranger', 'GET', `/projects/${id}`),
      404,
      `Project '${id}' not found`,
    );
    expectDetail(await call('admin', 'GET', '/projects/none'), 404, "Project 'none' not found");
  });

  it('are changed by their owner alone', async () => {
    for (const who of ['viewer', 'editor']) {
      const answer = await call(who, 'PATCH', `/projects/${id}`, { name: 'theirs' });
      expectDetail(answer, 403, 'Insufficient permissions. Required: admin');
    }
    const changed = await call('owner', 'PATCH', `/projects/${id}`, { description: 'of chips' });
    expect(changed.body).toMatchObject({ name: "owner's project", description: 'of chips' });
  });

  it('take members by name, once, and never as owners', async () => {
    const add = (body: object) => call('owner', 'POST', `/projects/${id}/members`, body);
    expectDetail(await add({ username: 'nobody', role: 'viewer' }), 404, "User 'nobody' not found");
    expect((await add({ username: 'viewer', role: 'viewer' })).status).toBe(409);
    expect((await add({ username: 'other', role: 'owner' })).status).toBe(400);
    const wrong = await add({ username: 'other', role: 'king' });
    expect([wrong.status, wrong.body]).toMatchObject([
      422,
      { detail: [{ loc: ['body', 'role'] }] },
    ]);
  });

  it('give other roles, and let members go, but not the owner', async () => {
    const member = (name: string) => `/projects/${id}/members/${name}`;
    await call('owner', 'POST', `/projects/${id}/members`, { username: 'other', role: 'viewer' });
    const raised = await call('owner', 'PATCH', member('other'), { role: 'editor' });
    expect([raised.status, raised.body]).toMatchObject([200, { role: 'editor' }]);
    expect((await call('owner', 'PATCH', member('owner'), { role: 'viewer' })).status).toBe(400);
    expect((await call('owner', 'DELETE', member('owner'))).status).toBe(400);
    const gone = await call('owner', 'DELETE', member('other'));
    expect([gone.status, gone.text]).toEqual([204, '']);
    expectDetail(await call('owner', 'DELETE', member('other')), 404, "User 'other' not found");
    expect((await call('owner', 'DELETE', member('%00'))).status).toBe(404);
  });

  it('are made, handed over and deleted', async () => {
    const made = await call('admin', 'POST', '/projects', { name: 'shared' });
    expect([made.status, made.body]).toMatchObject([201, { owner_username: 'admin' }]);
    const { project_id: shared } = made.body as { project_id: string };
    expect((await call('other', 'POST', '/projects', { name: 'mine' })).status).toBe(403);

    const to = { new_owner_username: 'other' };
    const passed = await call('admin', 'POST', `/projects/${shared}/transfer`, to);
    expect([passed.status, passed.body]).toMatchObject([200, { owner_username: 'other' }]);
    const members = await call('other', 'GET', `/projects/${shared}/members`);
    expect(members.body).toMatchObject({
      members: expect.arrayContaining([
        expect.objectContaining({ username: 'admin', role: 'editor' }),
      ]) as object,
    });
    expect((await call('other', 'POST', `/projects/${shared}/transfer`, to)).status).toBe(403);
    expect((await call('other', 'DELETE', `/projects/${shared}`)).status).toBe(204);
    expect((await call('other', 'GET', `/projects/${shared}`)).status).toBe(404);
  });

  it('are listed whole, however many there are', async () => {
    const { prisma } = app.services.db;
    const admin = await prisma.user.findFirstOrThrow({ where: { username: 'admin' } });
    const { tenantId } = await prisma.project.findUniqueOrThrow({ where: { id } });
    const now = app.clock.now();
    for (let i = 0; i < 120; i++) {
      const memberships = {
        create: [{ userId: admin.id, role: 'OWNER' as const, createdAt: now }],
      };
      const data = {
        id: app.services.random.uuid(),
        tenantId,
        name: `p${i}`,
        createdAt: now,
        updatedAt: now,
        memberships,
      };
      await prisma.project.create({ data });
    }
    const { body } = await call('admin', 'GET', '/projects');
    const { projects, total } = body as { projects: { project_id: string }[]; total: number };
    expect(total).toBeGreaterThanOrEqual(120);
    expect(new Set(projects.map(({ project_id }) => project_id)).size).toBe(total);
  });
});
