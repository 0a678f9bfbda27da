import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiKey, authenticate, bearerToken } from '../../src/authentication/authenticate.ts';
import { type Actor, ANONYMOUS, OPEN_ACTOR } from '../../src/core/actor.ts';
import { contextOf } from '../../src/core/context.ts';
import { systemContext } from '../../src/core/system-context.ts';
import { createUser, updateUser, userByName } from '../../src/features/users/operations.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { allOperations } from '../support/operations.ts';
import { createWorld, type World } from './world.ts';

const REQUEST = { id: 'test', ipAddress: '127.0.0.1', userAgent: undefined };
const upkeep = [...(await allOperations()).values()].filter(({ scopes }) => scopes.operator);

describe('the operator at the machine', () => {
  let app: TestApp;
  let world: World;
  beforeAll(async () => {
    app = await startApp({ env: { THROTTLE: 'on' } });
    world = await createWorld(app);
  });
  afterAll(() => app.close());

  async function callers(): Promise<readonly Actor[]> {
    const known = (['systemAdmin', 'apiKey'] as const).map(async (name) => {
      const { authorization } = await world.credentials(name);
      const asked = { authorization, cookie: undefined };
      return authenticate(app.services, [apiKey, bearerToken], asked);
    });
    return [ANONYMOUS, OPEN_ACTOR, ...(await Promise.all(known))];
  }

  it.each(upkeep.map((operation) => [operation.name, operation] as const))(
    'is the only caller of %s',
    async (_name, operation) => {
      const codes: unknown[] = [];
      for (const actor of await callers()) {
        const ctx = contextOf(app.services, actor, REQUEST);
        await operation.run(ctx, {}).catch((error: unknown) => {
          codes.push([actor.kind, (error as { code?: unknown }).code]);
        });
      }
      expect(codes).toEqual([
        ['anonymous', 'UNAUTHENTICATED'],
        ['open', 'FORBIDDEN'],
        ['user', 'FORBIDDEN'],
        ['apiKey', 'FORBIDDEN'],
      ]);
    },
  );

  it('makes an account by the operation of the other doors, whose owner chooses another password', async () => {
    const ctx = systemContext(app.services, 'vestibule user create');
    const password = 'a password that is handed over';
    const { user } = await createUser.run(ctx, { username: 'handed', password });
    expect(user).toMatchObject({ mustChangePassword: true, systemRole: 'USER' });
    expect(await userByName.run(ctx, { login: 'handed' })).toMatchObject({ id: user.id });
  });

  it('is held to the rules of the operations, and a refusal is audited under the name of the command', async () => {
    const ctx = systemContext(app.services, 'vestibule user disable');
    const admins = await app.services.db.prisma.user.findMany({ where: { systemRole: 'ADMIN' } });
    const ended = await Promise.allSettled(
      admins.map(({ id }) => updateUser.run(ctx, { id, disabled: true })),
    );
    const reasons = ended.flatMap((one) =>
      one.status === 'rejected' ? [(one.reason as { code?: unknown }).code] : [],
    );
    expect(reasons).toEqual(['LAST_ADMIN']);
    const event = await app.services.db.prisma.auditEvent.findFirstOrThrow({
      where: { outcome: 'denied', actorKind: 'system' },
    });
    expect(event).toMatchObject({ action: 'user.updated', actorName: 'vestibule user disable' });
  });
});
