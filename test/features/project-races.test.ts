import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { change } from '../../src/core/change.ts';
import { leaveTenant } from '../../src/features/tenants/succession.ts';
import { lockTenants } from '../../src/features/tenants/store.ts';
import { systemContext } from '../../src/core/system-context.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { setUpAdmin } from '../support/people.ts';
import {
  ADD_PROJECT_MEMBER,
  DELETE_PROJECT,
  REMOVE_PROJECT_MEMBER,
  TRANSFER_PROJECT,
  UPDATE_PROJECT_MEMBER,
} from '../support/project-documents.ts';
import { addPerson, addProject, addTenant, type Person, rolesIn } from '../support/projects.ts';

const AT_ONCE = 100;

describe.each(providers)('a hundred at once on %s', (provider) => {
  let app: TestApp;
  let tenantId: string;
  let manager: Person;
  let people: readonly Person[];
  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app);
    ({ tenantId, owner: manager } = await addTenant(app));
    const found: Person[] = [];
    for (let i = 0; i < 10; i++) found.push(await join());
    people = found;
  });
  afterAll(() => app.close());

  const ctx = () => systemContext(app.services);
  const join = () => addPerson(app, { joins: { tenantId, role: 'MEMBER' } });
  const times = <T>(work: (i: number) => Promise<T>) =>
    Promise.all(Array.from({ length: AT_ONCE }, (_, i) => work(i)));
  const pick = (i: number) => people[i % people.length]!;

  const transfer = async (projectId: string, to: Person, by = manager) => {
    const input = { projectId, userId: to.id };
    const { data, errors } = await app.graphql(TRANSFER_PROJECT, { input }, by.token);
    return errors[0]?.extensions.code ?? data.transferProject.__typename;
  };
  const add = async (projectId: string, whom: Person, by: Person) => {
    const input = { projectId, userId: whom.id };
    const { data, errors } = await app.graphql(ADD_PROJECT_MEMBER, { input }, by.token);
    return errors[0]?.extensions.code ?? data.addProjectMember.__typename;
  };
  const remove = async (projectId: string, whom: Person, by: Person) => {
    const input = { projectId, userId: whom.id };
    const { data, errors } = await app.graphql(REMOVE_PROJECT_MEMBER, { input }, by.token);
    return errors[0]?.extensions.code ?? data.removeProjectMember.__typename;
  };

  const owners = async (projectId: string) =>
    Object.values(await rolesIn(app, projectId)).filter((role) => role === 'OWNER').length;

  it('transfers leave one owner and everybody who ever was one an editor', async () => {
    const projectId = await addProject(app, tenantId, { OWNER: pick(0) });
    const outcomes = await times((i) => transfer(projectId, pick(i)));
    expect(new Set(outcomes)).toEqual(new Set(['TransferProjectPayload']));
    const roles = Object.values(await rolesIn(app, projectId));
    expect(roles.filter((role) => role === 'OWNER')).toHaveLength(1);
    expect(roles.filter((role) => role === 'EDITOR')).toHaveLength(people.length - 1);
  });

  it('adds of one person make them a member once', async () => {
    const [owner, newcomer] = [pick(0), await join()];
    const projectId = await addProject(app, tenantId, { OWNER: owner });
    const outcomes = await times(() => add(projectId, newcomer, owner));
    expect(outcomes.filter((outcome) => outcome === 'AddProjectMemberPayload')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'AlreadyMemberError')).toHaveLength(99);
  });

  it('transfers, removals, changes of role and departures never leave a project without an owner', async () => {
    const projectId = await addProject(app, tenantId, {
      OWNER: pick(0),
      EDITOR: people.slice(1),
    });
    await times(async (i) => {
      const person = pick(i);
      if (i % 4 === 0) return transfer(projectId, pick(i / 4));
      if (i % 4 === 1) return remove(projectId, person, person);
      if (i % 4 === 2) return remove(projectId, person, pick(i + 1));
      const input = { projectId, userId: person.id, role: 'VIEWER' } as const;
      return app.graphql(UPDATE_PROJECT_MEMBER, { input }, pick(i + 1).token);
    });
    expect(await owners(projectId)).toBe(1);
  });

  it('deletions and transfers away from who deletes: gone, or the new owner’s', async () => {
    const [owner, heir] = [pick(0), pick(1)];
    for (let round = 0; round < 10; round++) {
      const projectId = await addProject(app, tenantId, { OWNER: owner });
      const input = { id: projectId };
      const [transfers, deletions] = await Promise.all([
        Promise.all(Array.from({ length: 5 }, () => transfer(projectId, heir))),
        Promise.all(
          Array.from({ length: 5 }, async () => {
            const { data, errors } = await app.graphql(DELETE_PROJECT, { input }, owner.token);
            return errors[0]?.extensions.code ?? data.deleteProject.__typename;
          }),
        ),
      ]);
      const isDeleted = deletions.includes('DeleteProjectPayload');
      expect(await owners(projectId)).toBe(isDeleted ? 0 : 1);
      // Whoever lost the project to a transfer may not delete it any more.
      const isTransferred = transfers.includes('TransferProjectPayload');
      expect([isDeleted, isTransferred].filter(Boolean)).toHaveLength(1);
    }
  });

  it('removals from the tenant and adds to its projects leave nobody outside the tenant in a project', async () => {
    const owner = pick(0);
    const leavers: Person[] = [];
    for (let i = 0; i < AT_ONCE / 2; i++) leavers.push(await join());
    const projectId = await addProject(app, tenantId, { OWNER: owner });
    const leave = ({ id: userId }: Person) =>
      change(ctx(), async (writes) => {
        await lockTenants(app.services.db, writes.tx, [tenantId]);
        await leaveTenant(ctx(), writes, { tenantId, userId });
      });
    const adds = leavers.map((leaver) => add(projectId, leaver, owner));
    // Each leaves while they are being added: when whoever stands before them has been.
    await Promise.all(
      leavers.map(async (leaver, i) => {
        await adds[i - 1];
        await leave(leaver);
      }),
    );
    const outcomes = new Set(await Promise.all(adds));
    expect(['AddProjectMemberPayload', 'UserNotFoundError']).toEqual(
      expect.arrayContaining([...outcomes]),
    );
    expect(Object.keys(await rolesIn(app, projectId))).toEqual([owner.id]);
  });

  it('an add waits for a removal from the tenant that is under way, and finds them gone', async () => {
    const [owner, leaver] = [pick(0), await join()];
    const projectId = await addProject(app, tenantId, { OWNER: owner });
    const { adding } = await change(ctx(), async (writes) => {
      await lockTenants(app.services.db, writes.tx, [tenantId]);
      await leaveTenant(ctx(), writes, { tenantId, userId: leaver.id });
      const added = add(projectId, leaver, owner);
      await Promise.race([added, new Promise((resolve) => setTimeout(resolve, 1000))]);
      return { adding: added };
    });
    expect(await adding).toBe('UserNotFoundError');
    expect(Object.keys(await rolesIn(app, projectId))).toEqual([owner.id]);
  });
});
