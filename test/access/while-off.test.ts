import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/doors/graphql/schema.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { inputOf } from './inputs.ts';
import { askGraphql, documentFor } from './probe.ts';
import type { Verdict } from './verdicts.ts';
import { createWorld, type World } from './world.ts';

const roots = [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!];
const rootFields = roots.flatMap((type) =>
  Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field] as const),
);

/** What is somebody's own, or done in somebody's name. */
const FOR_A_PERSON: ReadonlySet<string> = new Set([
  'acceptTenantInvitation',
  'apiKeys',
  'changeEmail',
  'changePassword',
  'confirmTotp',
  'createApiKey',
  'createProject',
  'createUserToken',
  'dashboards',
  'disableTotp',
  'enableTotp',
  'inviteTenantMember',
  'logout',
  'me',
  'projects',
  'reauthenticate',
  'regenerateRecoveryCodes',
  'revokeApiKey',
  'revokeOtherSessions',
  'rotateApiKey',
  'sendEmailOtp',
  'sessionRevoked',
  'sessions',
  'transferProject',
  'updateProfile',
  'userTokens',
]);

/** What is inside a project, of which a membership is needed. */
const INSIDE_A_PROJECT: ReadonlySet<string> = new Set([
  'addProjectMember',
  'deleteProject',
  'node',
  'nodes',
  'project',
  'removeProjectMember',
  'updateProject',
  'updateProjectMember',
]);

function verdictOn(field: string): Verdict {
  if (FOR_A_PERSON.has(field)) return '401';
  return INSIDE_A_PROJECT.has(field) ? '403' : 'in';
}

describe('who calls while authentication is off', () => {
  let app: TestApp;
  let world: World;
  beforeAll(async () => {
    app = await startApp();
    world = await createWorld(app);
  });
  afterAll(() => app.close());

  async function ask(name: string, variables: object) {
    const [kind] = name.toLowerCase().split('.') as [string];
    const [, field] = rootFields.find(([each]) => each === name)!;
    const updatedAt = app.clock.now();
    await app.services.db.prisma.setting.upsert({
      where: { key: 'auth' },
      create: { key: 'auth', value: 'off', updatedAt },
      update: { value: 'off' },
    });
    app.services.changes.publish({ kind: 'auth' });
    return askGraphql(app, {}, documentFor(kind, field, variables), variables);
  }

  it.each(rootFields)('%s', async (name, field) => {
    const variables = await inputOf(field.name, world, 'anonymous');
    expect(await ask(name, variables)).toBe(verdictOn(field.name));
  });

  it.each(['Query.sessions', 'Query.apiKeys'])(
    '%s is let in where it names whose',
    async (name) => {
      expect(await ask(name, { userId: world.idOf('tenantMember') })).toBe('in');
    },
  );

  it('makes no project, in a tenant that is named or not, and whoever is to own it', async () => {
    const { tenantId } = world;
    const inputs = [{}, { tenantId }, { tenantId, ownerId: world.idOf('tenantMember') }];
    for (const input of inputs) {
      const variables = { input: { name: 'nobody’s', ...input } };
      expect(await ask('Mutation.createProject', variables)).toBe('401');
    }
  });
});
