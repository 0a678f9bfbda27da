import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../../src/core/actor.ts';
import { AppError } from '../../src/core/errors.ts';
import { DIALECTS } from '../../src/doors/rest/mounts.ts';
import { inputOf } from '../access/inputs.ts';
import { createWorld, type World } from '../access/world.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { PASSWORD } from '../support/people.ts';

const YESTERDAY_MS = 86_400_000;
const SENTENCE = 'Show that it is you: sign in again first.';

/** What of an operation asks for a recent sign-in, where not all of it does. */
const PARTLY: Readonly<Record<string, (world: World) => object | Promise<object>>> = {
  'dumb POST /api/auth/users': () => ({ username: 'boss', password: PASSWORD }),
  'dumb PUT /api/auth/users/:username': async (world) => ({
    params: { username: (await world.freshMember()).username },
    disabled: true,
  }),
  'qdash POST /auth/register': () => ({ username: 'boss', password: PASSWORD }),
  'qdash POST /projects/:id/members': async (world) => ({
    params: { id: world.projectId },
    username: (await world.freshMember()).username,
    role: 'editor',
  }),
  'qdash DELETE /projects/:id/members/:username': ({ projectId }) => ({
    params: { id: projectId, username: 'projectEditor' },
  }),
};

const routes = DIALECTS.flatMap((dialect) =>
  dialect.rows.map((row) => {
    const { owner = dialect } = row;
    return [
      `${dialect.name} ${row.method} ${row.path}`,
      `${owner.name} ${row.method} ${row.path}`,
      dialect,
      row,
    ] as const;
  }),
);
const asking = routes.filter(([, , , { operation }]) => {
  const { fresh, freshFor } = operation.scopes;
  // The password that the request carries stands for a sign-in.
  return (fresh ?? freshFor) !== undefined && fresh !== 'password';
});

describe('who signed in long ago', () => {
  let app: TestApp;
  let world: World;
  beforeAll(async () => {
    app = await startApp({ env: { ADMIN_USERNAME: 'boss' } });
    world = await createWorld(app);
  });
  afterAll(() => app.close());

  it('is asked about wherever a route asks for a recent sign-in for some requests', () => {
    const partly = asking.filter(([, , , { operation }]) => operation.scopes.fresh === undefined);
    const tried = new Set(Object.keys(PARTLY));
    expect(partly.map(([, rule]) => rule).filter((rule) => !tried.has(rule))).toEqual([]);
  });

  it.each(asking)(
    'is told to sign in again by %s, in its shape',
    async (_name, rule, dialect, row) => {
      const isProject =
        row.operation.scopes.project === 'project:admin' || row.path.includes('members');
      const actor = isProject ? 'projectOwner' : 'systemAdmin';
      const headers = await world.credentials(actor);
      const { db, changes } = app.services;
      const authenticatedAt = new Date(app.clock.now().getTime() - YESTERDAY_MS);
      const where = { userId: world.idOf(actor) };
      await db.prisma.session.updateMany({ where, data: { authenticatedAt } });
      changes.publish({ kind: 'gap' });
      const input: unknown = await Promise.resolve(
        PARTLY[rule]?.(world) ?? inputOf(rule, world, actor),
      );
      const { params = {}, ...body } = input as { params?: Record<string, string> };
      const path = row.path.replace(/:(\w+)/g, (_all, key: string) => params[key] ?? 'none');
      const answer = await app.rest(row.method, `/compat/${dialect.name}${path}`, {
        headers: { ...headers, 'content-type': 'application/json' },
        ...(row.method !== 'GET' && { body }),
      });
      // Dukatia says nearly everything by 400; its 401 is of the cookie alone.
      const isDukatia = dialect.name === 'dukatia';
      expect([answer.status, answer.body]).toEqual([
        isDukatia ? 400 : 401,
        dialect.failure(new AppError('REAUTHENTICATION_REQUIRED'), { actor: ANONYMOUS, row }).body,
      ]);
      expect(answer.text).toContain(SENTENCE);
      expect(answer.headers.get('www-authenticate')).toBe(
        isDukatia ? null : 'Bearer error="insufficient_user_authentication", max_age="3600"',
      );
    },
  );
});
