import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { setUpAdmin } from '../support/people.ts';
import {
  ADD_PROJECT_MEMBER,
  OWN_PROJECTS,
  PROJECT,
  PROJECT_MEMBERS,
  REMOVE_PROJECT_MEMBER,
  TRANSFER_PROJECT,
  UPDATE_PROJECT_MEMBER,
} from '../support/project-documents.ts';
import { addPerson, addProject, addTenant, type Person, rolesIn } from '../support/projects.ts';

type Whom = { userId?: string; username?: string };
type Role = 'OWNER' | 'EDITOR' | 'VIEWER';

describe.each(providers)('members of projects on %s', (provider) => {
  let app: TestApp;
  let admin: Person;
  let tenantId: string;
  let manager: Person;
  let owner: Person;
  let editor: Person;
  let viewer: Person;
  beforeAll(async () => {
    app = await startApp({ provider });
    const { user, accessToken } = await setUpAdmin(app);
    admin = { id: user.id, name: 'admin', token: accessToken };
    ({ tenantId, owner: manager } = await addTenant(app));
    owner = await join('owner');
    editor = await join('editor');
    viewer = await join('viewer');
  });
  afterAll(() => app.close());

  const join = (name?: string) =>
    addPerson(app, { joins: { tenantId, role: 'MEMBER' }, ...(name !== undefined && { name }) });
  const project = () => addProject(app, tenantId, { OWNER: owner, EDITOR: editor, VIEWER: viewer });

  const add = async (projectId: string, input: Whom & { role?: Role }, by = owner) =>
    (await app.graphql(ADD_PROJECT_MEMBER, { input: { projectId, ...input } }, by.token)).data
      .addProjectMember;
  const update = async (projectId: string, input: Whom & { role: Role }, by = owner) =>
    (await app.graphql(UPDATE_PROJECT_MEMBER, { input: { projectId, ...input } }, by.token)).data
      .updateProjectMember;
  const remove = async (projectId: string, input: Whom, by = owner) =>
    (await app.graphql(REMOVE_PROJECT_MEMBER, { input: { projectId, ...input } }, by.token)).data
      .removeProjectMember;
  const transfer = async (projectId: string, input: Whom, by = manager) =>
    (await app.graphql(TRANSFER_PROJECT, { input: { projectId, ...input } }, by.token)).data
      .transferProject;
  const open = (id: string, by: Person) => app.graphql(PROJECT, { id }, by.token);

  it('see each other by name and role, page by page, and no more', async () => {
    const id = await project();
    const all = await app.graphql(PROJECT_MEMBERS, { id }, viewer.token);
    const members = all.data.project?.members;
    expect(members?.totalCount).toBe(3);
    expect(members?.nodes).toContainEqual({
      userId: editor.id,
      username: 'editor',
      name: '',
      role: 'EDITOR',
      joinedAt: app.clock.now().toISOString(),
    });
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const args: object = { id, first: 2, after };
      const page: typeof all = await app.graphql(PROJECT_MEMBERS, { id, ...args }, viewer.token);
      const found = page.data.project?.members;
      seen.push(...(found?.nodes ?? []).map(({ userId }) => userId));
      after = found?.pageInfo.hasNextPage ? found.pageInfo.endCursor : null;
    } while (after !== null);
    expect(seen).toEqual(members?.nodes.map(({ userId }) => userId));
  });

  it('are added by id or by name, as viewers unless told, and may do so at once', async () => {
    const id = await project();
    const [byId, byName] = [await join(), await join()];
    expect((await open(id, byId)).errors[0]?.extensions.code).toBe('FORBIDDEN');
    const added = expectType(await add(id, { userId: byId.id }), 'AddProjectMemberPayload');
    expect(added.member).toEqual({
      userId: byId.id,
      username: byId.name,
      name: '',
      role: 'VIEWER',
    });
    const username = ` ${byName.name.toUpperCase()} `;
    await add(id, { username, role: 'EDITOR' });
    expect(await rolesIn(app, id)).toMatchObject({ [byId.id]: 'VIEWER', [byName.id]: 'EDITOR' });
    expect((await open(id, byId)).data.project?.role).toBe('VIEWER');
  });

  it('are found by e-mail address where they have no username', async () => {
    const id = await project();
    const person = await join();
    const handle = { username: null, usernameKey: null, email: 'p@x.test', emailKey: 'p@x.test' };
    await app.services.db.prisma.user.update({
      where: { id: person.id },
      data: { ...handle, handleKey: 'p@x.test' },
    });
    const { member } = expectType(
      await add(id, { username: 'P@x.test' }),
      'AddProjectMemberPayload',
    );
    expect(member).toMatchObject({ userId: person.id, username: null });
  });

  it('are people of the tenant: anybody else does not exist', async () => {
    const id = await project();
    const stranger = await addPerson(app);
    const none = await add(id, { userId: app.services.random.uuid() });
    expectType(none, 'UserNotFoundError');
    expect(await add(id, { userId: stranger.id })).toEqual(none);
    expect(await add(id, { username: stranger.name })).toEqual(none);
    expect(await add(id, { username: 'nobody' })).toEqual(none);
    expect(await add(id, { username: 'nul\u0000' })).toEqual(none);
    expectType(await transfer(id, { userId: stranger.id }), 'UserNotFoundError');
    expectType(await remove(id, { userId: stranger.id }), 'MemberNotFoundError');
    expectType(await update(id, { userId: stranger.id, role: 'VIEWER' }), 'MemberNotFoundError');
  });

  it('are named by id or by name, not by both and not by neither', async () => {
    const projectId = await project();
    for (const whom of [{}, { userId: viewer.id, username: 'viewer' }]) {
      const input = { projectId, ...whom };
      const { errors } = await app.graphql(REMOVE_PROJECT_MEMBER, { input }, owner.token);
      expect(errors[0]?.extensions).toMatchObject({
        code: 'BAD_USER_INPUT',
        issues: [{ path: ['userId'] }],
      });
    }
  });

  it('are added once and change their role', async () => {
    const id = await project();
    expectType(await add(id, { userId: viewer.id, role: 'EDITOR' }), 'AlreadyMemberError');
    const { member } = expectType(
      await update(id, { username: 'viewer', role: 'EDITOR' }),
      'UpdateProjectMemberPayload',
    );
    expect(member).toEqual({ userId: viewer.id, role: 'EDITOR' });
    expect(await rolesIn(app, id)).toMatchObject({ [viewer.id]: 'EDITOR' });
  });

  it('leave by themselves, and start with another project from then on', async () => {
    const [id, left] = [await project(), await project()];
    const leaver = await join();
    for (const each of [id, left]) {
      await add(each, { userId: leaver.id });
      app.clock.step(1);
    }
    await app.services.db.prisma.user.update({
      where: { id: leaver.id },
      data: { defaultProjectId: left },
    });
    expectType(
      await remove(left, { username: leaver.name.toUpperCase() }, leaver),
      'RemoveProjectMemberPayload',
    );
    app.services.changes.publish({ kind: 'gap' });
    const { data } = await app.graphql(OWN_PROJECTS, {}, leaver.token);
    expect(data.me.projects.map((each) => each.id)).toEqual([id]);
    expect(data.me.defaultProject?.id).toBe(id);
    expect((await open(left, leaver)).errors[0]?.extensions.code).toBe('FORBIDDEN');
  });

  describe('and the owner', () => {
    it('changes only by transfer: no other operation makes or moves one', async () => {
      const id = await project();
      const roles = await rolesIn(app, id);
      const newcomer = await join();
      expectType(await add(id, { userId: newcomer.id, role: 'OWNER' }), 'OwnerByTransferError');
      for (const role of ['OWNER', 'EDITOR', 'VIEWER'] as const) {
        expectType(await update(id, { userId: owner.id, role }), 'OwnerByTransferError');
      }
      expectType(await update(id, { userId: editor.id, role: 'OWNER' }), 'OwnerByTransferError');
      expectType(await remove(id, { userId: owner.id }), 'OwnerByTransferError');
      expect(await rolesIn(app, id)).toEqual(roles);

      const { errors } = await app.graphql(
        TRANSFER_PROJECT,
        { input: { projectId: id, userId: editor.id } },
        owner.token,
      );
      expect(errors[0]?.extensions).toMatchObject({
        code: 'FORBIDDEN',
        required: 'projects:transfer',
        isMember: true,
      });
    });

    it('until a transfer is an editor after it; the new one may be anybody of the tenant', async () => {
      const id = await project();
      const heir = await join();
      const done = expectType(
        await transfer(id, { username: heir.name }),
        'TransferProjectPayload',
      );
      expect(done.project).toEqual({
        id,
        role: null,
        permissions: ['projects:transfer'],
        owner: { username: heir.name },
      });
      expect(await rolesIn(app, id)).toEqual({
        [heir.id]: 'OWNER',
        [owner.id]: 'EDITOR',
        [editor.id]: 'EDITOR',
        [viewer.id]: 'VIEWER',
      });
      const lost = await app.graphql(
        REMOVE_PROJECT_MEMBER,
        { input: { projectId: id, userId: viewer.id } },
        owner.token,
      );
      expect(lost.errors[0]?.extensions).toMatchObject({ required: 'project:admin' });

      await transfer(id, { userId: heir.id });
      await transfer(id, { userId: viewer.id });
      expect(await rolesIn(app, id)).toMatchObject({ [viewer.id]: 'OWNER', [heir.id]: 'EDITOR' });
    });

    it('is one whatever is written: the database refuses a second', async () => {
      const projectId = await project();
      const second = app.services.db.prisma.projectMembership.update({
        where: { projectId_userId: { projectId, userId: editor.id } },
        data: { role: 'OWNER' },
      });
      await expect(second).rejects.toThrow(/[Uu]nique/);
    });
  });

  it('a system administrator has to be too, and then has the rights of their role there', async () => {
    const id = await project();
    const refused = { code: 'FORBIDDEN', required: 'project:read', isMember: false };
    expect((await open(id, admin)).errors[0]?.extensions).toMatchObject(refused);
    const { tenantId: own } = await addTenant(app);
    await app.services.db.prisma.tenantMembership.createMany({
      data: [own, tenantId].map((each) => ({
        tenantId: each,
        userId: admin.id,
        role: 'MEMBER' as const,
        createdAt: app.clock.now(),
      })),
    });
    expect((await open(id, admin)).errors[0]?.extensions).toMatchObject(refused);

    await add(id, { userId: admin.id });
    const { data } = await open(id, admin);
    expect(data.project).toMatchObject({
      role: 'VIEWER',
      permissions: ['project:read', 'projects:transfer'],
    });
    const { errors } = await app.graphql(
      ADD_PROJECT_MEMBER,
      { input: { projectId: id, userId: manager.id } },
      admin.token,
    );
    expect(errors[0]?.extensions).toMatchObject({ required: 'project:admin', isMember: true });
  });

  it('are written into the audit log, each with whom it concerns', async () => {
    const id = await project();
    const person = await join();
    await add(id, { userId: person.id });
    await update(id, { userId: person.id, role: 'EDITOR' });
    await update(id, { userId: person.id, role: 'EDITOR' });
    await transfer(id, { userId: person.id });
    await remove(id, { userId: viewer.id }, person);
    const events = await app.services.db.prisma.auditEvent.findMany({
      where: { targetId: id },
      orderBy: { sequence: 'asc' },
    });
    const told = events.map(({ action, actorId, details }) => [action, actorId, details]);
    const userId = person.id;
    expect(told).toEqual([
      ['project.member_added', owner.id, JSON.stringify({ userId, role: 'VIEWER' })],
      ['project.member_updated', owner.id, JSON.stringify({ userId, role: 'EDITOR' })],
      ['project.transferred', manager.id, JSON.stringify({ userId, formerOwnerId: owner.id })],
      ['project.member_removed', person.id, JSON.stringify({ userId: viewer.id })],
    ]);
  });
});
