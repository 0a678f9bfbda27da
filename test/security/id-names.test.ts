import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { isIdShaped } from '../../src/core/id-shape.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { allOperations } from '../support/operations.ts';
import { PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';

const ID = '6b875d6c-7d4e-4ae3-931f-270604df1d7f';
const FULL_WIDTH = ID.replace(/[0-9a-f]/g, (digit) =>
  String.fromCodePoint(digit.codePointAt(0)! + 0xfee0),
);

/** What an id may be written as. */
const SPELLINGS = [
  ID,
  ID.toUpperCase(),
  ID.replaceAll('-', ''),
  `{${ID}}`,
  `(${ID})`,
  `urn:uuid:${ID}`,
  `URN:UUID:${ID}`,
  `uuid:${ID}`,
  `usr_${ID.replaceAll('-', '')}`,
  `ten_${ID.replaceAll('-', '')}`,
  ID.replaceAll('-', ' '),
  ID.replaceAll('-', '\u2011'),
  ID.replaceAll('-', '\u00ad'),
  ` ${ID} `,
  FULL_WIDTH,
];

const HARMLESS = [
  'ann',
  'deadbeef',
  'usr',
  '',
  `${ID} of ann`,
  `x${ID}`,
  ID.slice(1),
  'é'.repeat(32),
];

/** Fields of a name that is looked up and not made. */
const LOOKED_UP: ReadonlySet<string> = new Set([
  'login.username',
  'login.whileOn.username',
  'loginWithCookie.username',
  'addProjectMember.username',
  'updateProjectMember.username',
  'removeProjectMember.username',
  'transferProject.username',
]);

/** Whose `name` is that of a tenant or a project. */
const NAMED = ['updateTenant.name', 'createProject.name', 'updateProject.name'];

describe('the shape of an id', () => {
  it.each(SPELLINGS)('is that of %s', (text) => {
    expect(isIdShaped(text)).toBe(true);
  });

  it.each(HARMLESS)('is not that of %j', (text) => {
    expect(isIdShaped(text)).toBe(false);
  });

  it('is that of every id that the server gives out', () => {
    for (let n = 0; n < 1000; n++) expect(isIdShaped(randomUUID())).toBe(true);
  });

  it('is none for ADMIN_USERNAME either', () => {
    const env = { PROFILE: 'development', ADMIN_USERNAME: ID };
    expect(() => loadConfig(env)).toThrow('ADMIN_USERNAME must not look like an id');
  });
});

describe('a field that makes a name', () => {
  /** Every field of an input, those of lists in it too, by `operation.field`. */
  const fieldsOf = (name: string, schema: unknown): readonly (readonly [string, z.ZodType])[] => {
    if (schema instanceof z.ZodObject) {
      return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([key, field]) => [
        [`${name}.${key}`, field] as const,
        ...fieldsOf(name, field),
      ]);
    }
    if (schema instanceof z.ZodArray) return fieldsOf(name, schema.element);
    const isWrapped =
      schema instanceof z.ZodOptional ||
      schema instanceof z.ZodNullable ||
      schema instanceof z.ZodDefault;
    return isWrapped ? fieldsOf(name, schema.unwrap()) : [];
  };

  it('takes no id for one, whichever operation it is of', async () => {
    const all = [...(await allOperations()).values()].flatMap(({ name, input }) =>
      fieldsOf(name, input),
    );
    const made = all.filter(
      ([path]) => (path.endsWith('.username') && !LOOKED_UP.has(path)) || NAMED.includes(path),
    );
    // The import judges each of its lines by itself, as they come.
    const judged = made.filter(([path]) => path !== 'importUsers.username');
    expect(judged.length).toBeGreaterThan(10);
    for (const [path, field] of judged) {
      for (const text of SPELLINGS) {
        expect([path, text, field.safeParse(text).success]).toEqual([path, text, false]);
      }
      expect([path, field.safeParse('an ordinary one').success]).toEqual([path, true]);
    }
  });
});

describe.each(providers)('a name like an id on %s', (provider) => {
  let app: TestApp;
  let admin: Awaited<ReturnType<typeof setUpAdmin>>;
  beforeAll(async () => {
    app = await startApp({ provider });
    admin = await setUpAdmin(app);
  });
  afterAll(() => app.close());

  it('is refused by the import, and by a dialect in its shape', async () => {
    const query = `mutation { importUsers(input: { users: [{ username: "${admin.user.id}" }] }) {
      ... on ImportUsersPayload { lines { outcome rule } } } }`;
    const { body } = await app.rest('POST', '/graphql', {
      token: admin.accessToken,
      body: { query },
    });
    expect(body).toMatchObject({
      data: { importUsers: { lines: [{ outcome: 'REFUSED', rule: 'must not look like an id' }] } },
    });
    const json = { username: admin.user.id, password: PASSWORD };
    const made = await app.rest('POST', '/compat/dumb/api/auth/users', {
      token: admin.accessToken,
      body: json,
    });
    expect(made.status).toBe(422);
    expect(await app.services.db.prisma.user.count()).toBe(1);
  });

  it('goes on to sign in where it was there before, and is taken for no id', async () => {
    const { user: impostor } = await registerUser(app, 'impostor');
    const name = admin.user.id;
    await app.services.db.prisma.user.update({
      where: { id: impostor.id },
      data: { username: name, usernameKey: name, handleKey: name },
    });
    app.services.changes.publish({ kind: 'user', userId: impostor.id });
    const { accessToken, user } = await signIn(app, name);
    expect(user.id).toBe(impostor.id);
    const query = `{ node(id: "${name}") { id } user(id: "${name}") { id } }`;
    const asked = await app.rest('POST', '/graphql', { token: admin.accessToken, body: { query } });
    expect(asked.body).toMatchObject({ data: { node: { id: name }, user: { id: name } } });
    expect(accessToken).not.toBe('');
  });
});
