import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { registerUser, setUpAdmin } from '../support/people.ts';
import {
  CREATE_PROJECT,
  DELETE_PROJECT,
  OWN_PROJECTS,
  PROJECT,
  PROJECTS,
  TENANT_PROJECTS,
  UPDATE_PROJECT,
} from '../support/project-documents.ts';
import { addPerson, addProject, addTenant, type Person, rolesIn } from '../support/projects.ts';
import { listStatements } from '../support/statements.ts';

describe.each(providers)('projects on %s', (provider) => {
  let app: TestApp;
  let admin: Awaited<ReturnType<typeof setUpAdmin>>;
  beforeAll(async () => {
    app = await startApp({ provider });
    admin = await setUpAdmin(app);
  });
  afterAll(() => app.close());

  type CreateInput = { name: string; tenantId?: string; ownerId?: string; description?: string };
  const create = async (token: string, input: CreateInput) =>
    (await app.graphql(CREATE_PROJECT, { input }, token)).data.createProject;
  const created = async (token: string, input: CreateInput) =>
    expectType(await create(token, input), 'CreateProjectPayload').project;
  const own = async (token: string) => (await app.graphql(OWN_PROJECTS, {}, token)).data.me;
  const remove = async (token: string, id: string) =>
    (await app.graphql(DELETE_PROJECT, { input: { id } }, token)).data.deleteProject;

  it('come with every account, as its default', async () => {
    const { accessToken } = await registerUser(app, 'Ann');
    const { projects, defaultProject } = await own(accessToken);
    expect(projects).toEqual([{ id: expect.any(String), name: "Ann's project", role: 'OWNER' }]);
    expect(defaultProject).toEqual({ id: projects[0]!.id, name: "Ann's project" });
  });

  it('are made in the tenant that the caller has been in longest, and are theirs', async () => {
    const { tenantId, owner } = await addTenant(app);
    const made = await created(owner.token, { name: '  Moon  ', description: 'to\nfly' });
    expect(made).toEqual({
      id: expect.any(String),
      name: 'Moon',
      description: 'to\nfly',
      role: 'OWNER',
      permissions: ['project:read', 'project:write', 'project:admin', 'projects:transfer'],
      tenant: { id: tenantId },
      owner: { userId: owner.id, username: owner.name },
    });
    const { data } = await app.graphql(PROJECT, { id: made.id }, owner.token);
    expect(data.project).toMatchObject({ id: made.id, name: 'Moon', role: 'OWNER' });
  });

  it('are made in any tenant by a system administrator, who names an owner that is in it', async () => {
    const { tenantId, owner } = await addTenant(app);
    const { accessToken: token } = admin;
    expectType(await create(token, { name: 'x', tenantId }), 'UserNotFoundError');
    expectType(await create(token, { name: 'x', tenantId: 'none' }), 'TenantNotFoundError');
    const stranger = await addPerson(app);
    const foreign = { name: 'x', tenantId, ownerId: stranger.id };
    expectType(await create(token, foreign), 'UserNotFoundError');

    const made = await created(token, { name: 'x', tenantId, ownerId: owner.id });
    expect(made).toMatchObject({ role: null, permissions: ['projects:transfer'] });
    expect(await rolesIn(app, made.id)).toEqual({ [owner.id]: 'OWNER' });
  });

  it.each([
    ['name', { name: '' }],
    ['name', { name: ' \t ' }],
    ['name', { name: 'x'.repeat(201) }],
    ['name', { name: 'a\u0000b' }],
    ['description', { name: 'x', description: 'a\u0000b' }],
    ['description', { name: 'x', description: 'x'.repeat(2001) }],
  ])('refuse a bad %s and name it', async (field, input) => {
    const { errors } = await app.graphql(CREATE_PROJECT, { input }, admin.accessToken);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: [field] }],
    });
  });

  it('are changed by their owner, in what is given only', async () => {
    const { owner } = await addTenant(app);
    const { id } = await created(owner.token, { name: 'Old', description: 'kept' });
    app.clock.step(1);
    const update = async (input: { name?: string }) => {
      const { data } = await app.graphql(UPDATE_PROJECT, { input: { id, ...input } }, owner.token);
      return expectType(data.updateProject, 'UpdateProjectPayload').project;
    };
    const changed = { id, name: 'New', description: 'kept' };
    const updatedAt = app.clock.now().toISOString();
    expect(await update({ name: 'New' })).toEqual({ ...changed, updatedAt });
    app.clock.step(1);
    expect(await update({})).toEqual({ ...changed, updatedAt });
  });

  it('leave whoever had them as default with the one they have been in longest, or none', async () => {
    const { tenantId, owner } = await addTenant(app);
    const member = await addPerson(app, { joins: { tenantId, role: 'MEMBER' } });
    const ids: string[] = [];
    for (let i = 0; i < 3; i++) {
      ids.push(await addProject(app, tenantId, { OWNER: owner, EDITOR: member }));
      app.clock.step(1);
    }
    const [first, second, third] = ids as [string, string, string];
    await app.services.db.prisma.user.updateMany({
      where: { id: { in: [owner.id, member.id] } },
      data: { defaultProjectId: third },
    });
    const defaultOf = async (token: string) => {
      app.services.changes.publish({ kind: 'gap' });
      return (await own(token)).defaultProject?.id;
    };
    expect(await defaultOf(member.token)).toBe(third);
    expectType(await remove(owner.token, third), 'DeleteProjectPayload');
    expect(await defaultOf(member.token)).toBe(first);
    expect(await defaultOf(owner.token)).toBe(first);
    await remove(owner.token, second);
    await remove(owner.token, first);
    expect(await defaultOf(member.token)).toBeUndefined();
    expect((await app.graphql(PROJECT, { id: first }, owner.token)).data.project).toBeNull();
    expectType(await remove(owner.token, first), 'ProjectNotFoundError');
  });

  it('are listed to their members page by page, the earliest joined first, each once', async () => {
    const { tenantId, owner } = await addTenant(app);
    const elsewhere = await addTenant(app);
    await app.services.db.prisma.tenantMembership.create({
      data: {
        tenantId: elsewhere.tenantId,
        userId: owner.id,
        role: 'MEMBER',
        createdAt: app.clock.now(),
      },
    });
    const ids: string[] = [];
    for (let i = 0; i < 7; i++) {
      ids.push(await addProject(app, tenantId, { OWNER: owner }));
      if (i % 2 === 0) app.clock.step(1);
    }
    const other = await addProject(app, elsewhere.tenantId, {
      OWNER: elsewhere.owner,
      VIEWER: owner,
    });
    await addProject(app, elsewhere.tenantId, { OWNER: elsewhere.owner });

    const list = async (args: object) =>
      (await app.graphql(PROJECTS, args, owner.token)).data.projects;
    const all = await list({});
    expect(all.nodes.map(({ id }) => id)).toHaveLength(8);
    expect(new Set(all.nodes.slice(0, 7).map(({ id }) => id))).toEqual(new Set(ids));
    expect(all.nodes[7]).toEqual({
      id: other,
      name: 'a project',
      role: 'VIEWER',
      owner: { username: elsewhere.owner.name },
    });
    expect(all.totalCount).toBe(8);

    for (const [size, cursor, end] of [
      ['first', 'after', 'endCursor'],
      ['last', 'before', 'startCursor'],
    ] as const) {
      const seen: string[] = [];
      let at: string | null = null;
      do {
        const page: typeof all = await list({ [size]: 3, [cursor]: at });
        const found = page.nodes.map(({ id }) => id);
        if (size === 'first') seen.push(...found);
        else seen.unshift(...found);
        at = seen.length < 8 ? page.pageInfo[end] : null;
      } while (at !== null);
      expect(seen).toEqual(all.nodes.map(({ id }) => id));
    }

    const inOther = await list({ tenantId: elsewhere.tenantId });
    expect(inOther.nodes.map(({ id }) => id)).toEqual([other]);
    expect(inOther.totalCount).toBe(1);
    const foreign = await list({ tenantId: (await addTenant(app)).tenantId });
    expect(foreign).toEqual(await list({ tenantId: 'none' }));
    expect(foreign).toMatchObject({ totalCount: 0, nodes: [] });
  });

  it('are all listed to those who look after the tenant, and to nobody else of it', async () => {
    const { tenantId, owner } = await addTenant(app);
    const member = await addPerson(app, { joins: { tenantId, role: 'MEMBER' } });
    const viewer = await addPerson(app, { joins: { tenantId, role: 'MEMBER' } });
    const id = await addProject(app, tenantId, { OWNER: member, VIEWER: viewer });
    const later = await addProject(app, tenantId, { OWNER: member });

    const asOwner = await app.graphql(TENANT_PROJECTS, { first: 1 }, owner.token);
    const [tenant] = asOwner.data.me.tenants;
    expect(tenant?.projects).toMatchObject({ totalCount: 2, pageInfo: { hasNextPage: true } });
    const after = tenant?.projects?.pageInfo.endCursor ?? null;
    const rest = await app.graphql(TENANT_PROJECTS, { first: 9, after }, owner.token);
    const nodes = [tenant, rest.data.me.tenants[0]].flatMap((each) => each?.projects?.nodes ?? []);
    expect(nodes.map((each) => each.id).sort()).toEqual([id, later].sort());
    expect(nodes[0]).toMatchObject({
      role: null,
      permissions: ['projects:transfer'],
      owner: { username: member.name },
    });

    const asViewer = await app.graphql(TENANT_PROJECTS, {}, viewer.token);
    expect(asViewer.errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
    expect(asViewer.data.me.tenants).toEqual([{ id: tenantId, projects: null }]);
  });

  it('refuse their members to who sees them in a list only', async () => {
    const { tenantId, owner } = await addTenant(app);
    const member = await addPerson(app, { joins: { tenantId, role: 'MEMBER' } });
    await addProject(app, tenantId, { OWNER: member });
    const query = '{ me { tenants { projects { nodes { name members { totalCount } } } } } }';
    const answer = await app.rest('POST', '/graphql', { body: { query }, token: owner.token });
    expect(answer.body).toMatchObject({
      data: { me: { tenants: [{ projects: { nodes: [{ name: 'a project', members: null }] } }] } },
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
  });

  it('refuse a cursor of another list, whatever is in it', async () => {
    const { owner } = await addTenant(app);
    const list = (order: string, ...key: unknown[]) => {
      const after = Buffer.from(JSON.stringify([order, ...key])).toString('base64url');
      return app.graphql(PROJECTS, { after }, owner.token);
    };
    const good = await list('own projects', 0, 'none');
    expect(good.errors).toEqual([]);
    for (const bad of [
      await list('projects of a tenant', 0, 'none'),
      await list('own projects', 'x', 'none'),
      await list('own projects', 0),
      await list('own projects', 0, 'a\u0000b'),
    ]) {
      expect(bad.errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
    }
  });

  it('answer an id that no database would store as one that is not there', async () => {
    const { owner } = await addTenant(app);
    const { data, errors } = await app.graphql(PROJECT, { id: 'a\u0000b' }, owner.token);
    expect({ data, errors }).toEqual({ data: { project: null }, errors: [] });
  });

  it('are written into the audit log', async () => {
    const { tenantId, owner } = await addTenant(app);
    const { id } = await created(owner.token, { name: 'Audited' });
    await app.graphql(UPDATE_PROJECT, { input: { id, name: 'Secret' } }, owner.token);
    await remove(owner.token, id);
    const events = await app.services.db.prisma.auditEvent.findMany({
      where: { targetId: id },
      orderBy: { sequence: 'asc' },
    });
    const told = events.map(({ action, actorId, targetType, details }) => ({
      action,
      actorId,
      targetType,
      details: JSON.parse(details) as unknown,
    }));
    const by = { actorId: owner.id, targetType: 'project' };
    expect(told).toEqual([
      { ...by, action: 'project.created', details: { tenantId, userId: owner.id } },
      { ...by, action: 'project.updated', details: { fields: ['name'] } },
      { ...by, action: 'project.deleted', details: { tenantId } },
    ]);
  });

  it('of fifty people cost as many statements as those of one', async () => {
    const { tenantId, owner } = await addTenant(app);
    const mates: Person[] = [];
    for (let i = 0; i < 50; i++) {
      mates.push(await addPerson(app, { joins: { tenantId, role: 'MEMBER' }, withProject: true }));
    }
    for (let i = 0; i < 20; i++) await addProject(app, tenantId, { OWNER: owner, VIEWER: mates });
    const cost = async (field: string, first: number) => {
      const fields = 'name role permissions owner { username } tenant { name role }';
      const query = `query ($first: Int) { users(first: $first) { nodes { ${field} { ${fields} } } } }`;
      const body = { query, variables: { first } };
      const statements = await listStatements(async () => {
        const answer = await app.rest('POST', '/graphql', { body, token: admin.accessToken });
        expect(answer.body).not.toHaveProperty('errors');
      });
      return statements.length;
    };
    // The first call also notes that the session is used.
    await cost('projects', 1);
    for (const field of ['projects', 'defaultProject']) {
      const ofTwo = await cost(field, 2);
      expect(ofTwo).toBeGreaterThan(3);
      expect(await cost(field, 50)).toBe(ofTwo);
    }
  });
});
