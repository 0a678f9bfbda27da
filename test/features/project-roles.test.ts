import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TypedDocumentString } from '../generated/graphql.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { setUpAdmin } from '../support/people.ts';
import {
  ADD_PROJECT_MEMBER,
  CREATE_PROJECT,
  DELETE_PROJECT,
  PROJECT,
  PROJECT_MEMBERS,
  REMOVE_PROJECT_MEMBER,
  TRANSFER_PROJECT,
  UPDATE_PROJECT,
  UPDATE_PROJECT_MEMBER,
} from '../support/project-documents.ts';
import { addPerson, addProject, addTenant, type Person } from '../support/projects.ts';
import { listStatements } from '../support/statements.ts';

const ACTORS = [
  'owner',
  'editor',
  'viewer',
  'tenantOwner',
  'tenantAdmin',
  'tenantMember',
  'systemAdmin',
  'stranger',
] as const;
type Actor = (typeof ACTORS)[number];

/** Done; FORBIDDEN to a member or to somebody who is none; not there; or refused to the owner. */
type Verdict = 'done' | 'member' | 'outsider' | 'absent' | 'owner';

interface Scene {
  readonly tenantId: string;
  readonly projectId: string;
  readonly people: Readonly<Record<Actor, Person>>;
  /** Of the tenant alone, and of the project. */
  readonly colleague: Person;
  readonly member: Person;
}

type Call = (scene: Scene, self: Person) => [TypedDocumentString<unknown, never>, object];
const call = <V>(document: TypedDocumentString<unknown, V>, variables: V) =>
  [document, variables] as unknown as [TypedDocumentString<unknown, never>, object];

const OPERATIONS: Readonly<Record<string, Call>> = {
  project: ({ projectId: id }) => call(PROJECT, { id }),
  members: ({ projectId: id }) => call(PROJECT_MEMBERS, { id }),
  createProject: ({ tenantId, people }) =>
    call(CREATE_PROJECT, { input: { tenantId, name: 'new', ownerId: people.tenantMember.id } }),
  updateProject: ({ projectId: id }) => call(UPDATE_PROJECT, { input: { id, name: 'new' } }),
  deleteProject: ({ projectId: id }) => call(DELETE_PROJECT, { input: { id } }),
  addProjectMember: ({ projectId, colleague }) =>
    call(ADD_PROJECT_MEMBER, { input: { projectId, userId: colleague.id } }),
  updateProjectMember: ({ projectId, member }) =>
    call(UPDATE_PROJECT_MEMBER, { input: { projectId, userId: member.id, role: 'EDITOR' } }),
  removeProjectMember: ({ projectId, member }) =>
    call(REMOVE_PROJECT_MEMBER, { input: { projectId, userId: member.id } }),
  'removeProjectMember of oneself': ({ projectId }, { id }) =>
    call(REMOVE_PROJECT_MEMBER, { input: { projectId, userId: id } }),
  transferProject: ({ projectId, colleague }) =>
    call(TRANSFER_PROJECT, { input: { projectId, userId: colleague.id } }),
};

/** In the order of ACTORS. Administrators stand outside a project that they are no member of. */
const VERDICTS: Readonly<Record<string, string>> = {
  project: 'done done done outsider outsider outsider outsider absent',
  members: 'done done done outsider outsider outsider outsider absent',
  createProject: 'member member member done done member done absent',
  updateProject: 'done member member outsider outsider outsider outsider absent',
  deleteProject: 'done member member outsider outsider outsider outsider absent',
  addProjectMember: 'done member member outsider outsider outsider outsider absent',
  updateProjectMember: 'done member member outsider outsider outsider outsider absent',
  removeProjectMember: 'done member member outsider outsider outsider outsider absent',
  'removeProjectMember of oneself': 'owner done done outsider outsider outsider outsider absent',
  transferProject: 'member member member done done outsider done absent',
};

describe.each(providers)('roles in projects on %s', (provider) => {
  let app: TestApp;
  let people: Readonly<Record<Actor, Person>>;
  let tenantId: string;
  beforeAll(async () => {
    app = await startApp({ provider });
    const admin = await setUpAdmin(app);
    const tenant = await addTenant(app);
    tenantId = tenant.tenantId;
    const join = (role: 'ADMIN' | 'MEMBER') => addPerson(app, { joins: { tenantId, role } });
    people = {
      owner: await join('MEMBER'),
      editor: await join('MEMBER'),
      viewer: await join('MEMBER'),
      tenantOwner: tenant.owner,
      tenantAdmin: await join('ADMIN'),
      tenantMember: await join('MEMBER'),
      systemAdmin: { id: admin.user.id, name: 'admin', token: admin.accessToken },
      stranger: await addPerson(app),
    };
  });
  afterAll(() => app.close());

  async function setScene(): Promise<Scene> {
    const join = () => addPerson(app, { joins: { tenantId, role: 'MEMBER' } });
    const [colleague, member] = [await join(), await join()];
    const { owner, editor, viewer } = people;
    const places = { OWNER: owner, EDITOR: editor, VIEWER: [viewer, member] };
    return {
      tenantId,
      people,
      colleague,
      member,
      projectId: await addProject(app, tenantId, places),
    };
  }

  async function ask(operation: string, scene: Scene, self: Person) {
    const [document, variables] = OPERATIONS[operation]!(scene, self);
    const body = { query: String(document), variables };
    const answer = await app.rest('POST', '/graphql', { body, token: self.token });
    return answer.body as {
      data: Record<string, { __typename?: string; code?: string } | null> | null;
      errors?: { extensions: { code: string; isMember?: boolean; required?: string } }[];
    };
  }

  async function verdictOf(operation: string, actor: Actor): Promise<Verdict | undefined> {
    const { data, errors } = await ask(operation, await setScene(), people[actor]);
    if (errors) {
      const [{ extensions }] = errors as [NonNullable<typeof errors>[number]];
      expect(extensions.code).toBe('FORBIDDEN');
      expect(extensions.required).toEqual(expect.stringMatching(/^project/));
      return extensions.isMember ? 'member' : 'outsider';
    }
    const [answer] = Object.values(data ?? {});
    if (answer == null || answer.code?.endsWith('_NOT_FOUND')) return 'absent';
    if (answer.code === 'OWNER_BY_TRANSFER') return 'owner';
    expect(answer.code).toBeUndefined();
    return 'done';
  }

  it.each(Object.keys(OPERATIONS))('decide %s', async (operation) => {
    const verdicts: (Verdict | undefined)[] = [];
    for (const actor of ACTORS) verdicts.push(await verdictOf(operation, actor));
    expect(verdicts.join(' ')).toBe(VERDICTS[operation]);
  });

  it.each(Object.keys(OPERATIONS))(
    'answer %s of another tenant as if there were no such thing, in as many statements',
    async (operation) => {
      const scene = await setScene();
      const none = {
        ...scene,
        projectId: app.services.random.uuid(),
        tenantId: app.services.random.uuid(),
      };
      const { stranger } = people;
      let foreign: unknown;
      let missing: unknown;
      const ofForeign = await listStatements(async () => {
        foreign = await ask(operation, scene, stranger);
      });
      const ofMissing = await listStatements(async () => {
        missing = await ask(operation, none, stranger);
      });
      expect(foreign).toEqual(missing);
      expect(ofForeign.length).toBeGreaterThan(0);
      expect(ofMissing).toEqual(ofForeign);
    },
  );
});
