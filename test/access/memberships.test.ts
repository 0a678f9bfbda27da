import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS, type UserActor } from '../../src/core/actor.ts';
import { membershipsOf } from '../../src/access/memberships.ts';
import { type Context, contextOf } from '../../src/core/context.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { setUpAdmin } from '../support/people.ts';
import { addTenant } from '../support/projects.ts';
import { listStatements } from '../support/statements.ts';

describe.each(providers)('the memberships of a caller on %s', (provider) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const begin = (): Context => {
    const request = { id: 'memberships', ipAddress: '192.0.2.7', userAgent: undefined };
    return contextOf(app.services, ANONYMOUS, request);
  };
  async function actorOf(userId: string): Promise<UserActor> {
    const { prisma } = app.services.db;
    const user = await prisma.user.findUniqueOrThrow({ where: { id: userId } });
    const session = await prisma.session.findFirstOrThrow({ where: { userId } });
    return { kind: 'user', user, session, expiresAt: session.expiresAt };
  }
  const tenantsOf = async (ctx: Context) => [...(await membershipsOf(ctx)).tenants.keys()];

  it('are read once a request, and again in the next', async () => {
    const { owner } = await addTenant(app);
    const actor = await actorOf(owner.id);
    const ctx = { ...begin(), actor };
    const count = async (work: () => Promise<unknown>) => (await listStatements(work)).length;
    const once = await count(() => tenantsOf({ ...begin(), actor }));
    expect(once).toBeGreaterThan(0);
    expect(await count(() => Promise.all([tenantsOf(ctx), tenantsOf(ctx)]))).toBe(once);
    expect(await count(() => tenantsOf(ctx))).toBe(0);
    expect(await count(() => tenantsOf({ ...begin(), actor }))).toBe(once);
  });

  it('are not those of the caller before, where a request signs another user in', async () => {
    const [one, other] = [await addTenant(app), await addTenant(app)];
    const ctx = begin();
    const of = async (userId: string) => tenantsOf({ ...ctx, actor: await actorOf(userId) });
    expect(await of(one.owner.id)).toEqual([one.tenantId]);
    expect(await of(other.owner.id)).toEqual([other.tenantId]);
  });
});
