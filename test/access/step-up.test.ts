import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Actor, ANONYMOUS } from '../../src/core/actor.ts';
import { apiKey, authenticate, bearerToken } from '../../src/authentication/authenticate.ts';
import { contextOf } from '../../src/core/context.ts';
import { AppError } from '../../src/core/errors.ts';
import { needsSignIn } from '../../src/access/scopes.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { allOperations } from '../support/operations.ts';
import { watchDatabase } from './parity/effects.ts';
import { sceneOf } from './parity/scene.ts';
import { BY_RULE, ROLE_PATHS } from './role-paths.ts';
import { STEP_UP } from './step-up/table.ts';
import { ADMIN_NAME, triesOf } from './step-up/tries.ts';
import { watchedChanges, writesRoles } from './step-up/watched.ts';
import { type ActorName, createWorld, type World } from './world.ts';

const operations = [...(await allOperations()).values()];
const CALLERS = ['systemAdmin', 'tenantOwner', 'projectOwner'] as const;
const YESTERDAY_MS = 86_400_000;
const REQUEST = { id: 'test', ipAddress: '127.0.0.1', userAgent: undefined };

/** Which operation changed something, by how its caller had signed in. */
const changed = {
  recently: new Set<string>(),
  'long ago': new Set<string>(),
  'by a key': new Set<string>(),
};
type SignedIn = keyof typeof changed;
const wroteRoles = new Set<string>();

describe('how anybody signs in, and what they may,', () => {
  let app: TestApp;
  let world: World;
  let database: ReturnType<typeof watchDatabase>;
  const credentials = new Map<ActorName, Readonly<Record<string, string>>>();
  beforeAll(async () => {
    app = await startApp({ env: { ADMIN_USERNAME: ADMIN_NAME } });
    world = await createWorld(app);
    for (const name of [...CALLERS, 'apiKey'] as const) {
      credentials.set(name, await world.credentials(name));
    }
    // The first use of a key in a minute would be written down beside the call.
    await app.services.db.prisma.apiKey.updateMany({ data: { lastUsedAt: app.clock.now() } });
    database = watchDatabase(app.databaseUrl);
  });
  afterAll(async () => {
    database.close();
    await app.close();
  });

  async function actorOf(name: ActorName, signedIn: SignedIn): Promise<Actor> {
    const { services } = app;
    const { authorization } = credentials.get(name) ?? {};
    const strategies = [apiKey, bearerToken];
    const actor = await authenticate(services, strategies, { authorization, cookie: undefined });
    if (actor.kind !== 'user') return actor;
    const ago = signedIn === 'long ago' ? YESTERDAY_MS : 0;
    const authenticatedAt = new Date(app.clock.now().getTime() - ago);
    return { ...actor, session: { ...actor.session, authenticatedAt, amr: 'pwd otp' } };
  }

  const putBack = (stock: ReturnType<typeof database.read>) => {
    if (database.putBack(stock)) app.services.changes.publish({ kind: 'gap' });
  };

  it.each(operations.map((operation) => [operation.name, operation] as const))(
    'changes by %s as the table says',
    async (name, operation) => {
      const bare = database.read();
      const isOpen = !needsSignIn(operation.scopes);
      const callers: readonly (readonly [ActorName, SignedIn])[] = isOpen
        ? [
            ['anonymous', 'recently'],
            ['systemAdmin', 'recently'],
            ['systemAdmin', 'long ago'],
          ]
        : [
            ...CALLERS.flatMap(
              (caller) =>
                [
                  [caller, 'recently'],
                  [caller, 'long ago'],
                ] as const,
            ),
            ['apiKey', 'by a key'],
          ];
      for (const attempt of triesOf(name)) {
        for (const [caller, signedIn] of callers) {
          putBack(bare);
          const input = await attempt(sceneOf(app, world, caller));
          app.services.changes.publish({ kind: 'gap' });
          const before = database.read();
          const actor = caller === 'anonymous' ? ANONYMOUS : await actorOf(caller, signedIn);
          await settled(operation.run(contextOf(app.services, actor, REQUEST), input));
          await app.services.background.close();
          const after = database.read();
          const changes = watchedChanges(before, after);
          if (changes.length > 0) changed[signedIn].add(name);
          if (writesRoles(before, after)) wroteRoles.add(name);
        }
      }
      putBack(bare);

      const rule = STEP_UP[name];
      if (rule === undefined) {
        expect(changesOf(name)).toEqual([]);
      } else if (typeof rule === 'object') {
        expect(operation.scopes).not.toHaveProperty('fresh');
        expect(changesOf(name)).not.toEqual([]);
      } else {
        expect([operation.scopes.fresh, typeof operation.scopes.freshFor]).toEqual(
          rule === 'partly' ? [undefined, 'string'] : [rule, 'undefined'],
        );
        expect(changesOf(name)).toContain('recently');
        // The password that the call carries stands for a sign-in, where nothing else is asked for.
        if (rule !== 'password') expect(changesOf(name)).not.toContain('long ago');
        if (rule === 'session' || rule === 'password')
          expect(changesOf(name)).not.toContain('by a key');
      }
    },
    120_000,
  );

  it('is in the table wherever an operation asks for a recent sign-in', () => {
    const asking = operations.filter(({ scopes }) => scopes.fresh ?? scopes.freshFor);
    expect(asking.map(({ name }) => name).filter((name) => !(name in STEP_UP))).toEqual([]);
    const names = new Set(operations.map(({ name }) => name));
    expect(Object.keys(STEP_UP).filter((name) => !names.has(name))).toEqual([]);
  });

  it('comes with a role from the known paths to one, and from no other operation', () => {
    const known = new Set(ROLE_PATHS.map(({ operation }) => operation));
    expect(wroteRoles.size).toBeGreaterThan(15);
    expect([...wroteRoles].filter((name) => !known.has(name) && !BY_RULE.has(name))).toEqual([]);
  });
});

function changesOf(name: string): readonly SignedIn[] {
  return (Object.keys(changed) as SignedIn[]).filter((signedIn) => changed[signedIn].has(name));
}

/** Waits for an operation to end: a refusal is an end like any other, what nobody meant is none. */
async function settled(running: Promise<unknown>): Promise<void> {
  try {
    const result = await running;
    if (Array.isArray(result)) await Promise.allSettled(result);
  } catch (error) {
    expect(error).toBeInstanceOf(AppError);
  }
}
