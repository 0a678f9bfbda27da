import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/doors/graphql/schema.ts';
import { FIRST } from '../../src/features/setup/first-user.ts';
import { systemContext } from '../../src/core/system-context.ts';
import { accountOf } from '../../src/features/users/new-account.ts';
import { DIALECTS } from '../../src/doors/rest/mounts.ts';
import { exampleRequest } from '../../src/doors/rest/reference/example-request.ts';
import { insertAccount } from '../support/accounts.ts';
import { PASSWORD } from '../support/people.ts';
import { type ProductionApp, startInProduction } from '../support/production.ts';
import { inputOf } from './inputs.ts';
import { documentFor } from './probe.ts';
import type { World } from './world.ts';

const mutations = Object.values(schema.getMutationType()!.getFields());
const routes = DIALECTS.flatMap((dialect) =>
  dialect.rows.filter(({ method }) => method !== 'GET').map((row) => ({ dialect, row })),
);

/** Where nobody is, every name is free and every id is that of nothing. */
const NOWHERE = {
  tenantId: '00000000-0000-4000-8000-000000000000',
  projectId: '00000000-0000-4000-8000-000000000000',
  idOf: () => '00000000-0000-4000-8000-000000000000',
  freshName: () => 'somebody',
  freshProject: async () => '00000000-0000-4000-8000-000000000000',
  freshMember: async () => ({ id: 'none', username: 'none' }),
} as unknown as World;

const PERSON = { username: 'somebody', password: PASSWORD };
/** Inputs that would make an account, where those of the other tests are made to fail. */
const WILLING: Readonly<Record<string, object>> = {
  createUser: { input: PERSON },
  importUsers: { input: { users: [{ username: 'somebody' }] } },
  register: { input: PERSON },
  saveUsers: { input: { users: [PERSON] } },
};

type Ask = (app: ProductionApp, headers: Record<string, string>) => Promise<string>;

const PATHS: readonly (readonly [string, Ask])[] = [
  ...mutations.map((field): readonly [string, Ask] => [
    `Mutation.${field.name}`,
    async (app, headers) => {
      const variables = WILLING[field.name] ?? (await inputOf(field.name, NOWHERE, 'anonymous'));
      const query = documentFor('mutation', field, variables);
      return (await app.rest('POST', '/graphql', { body: { query, variables }, headers })).text;
    },
  ]),
  ...routes.map(({ dialect, row }): readonly [string, Ask] => [
    `${dialect.name} ${row.method} ${row.path}`,
    async (app, headers) => {
      const { method, path, contentType, body } = exampleRequest(row);
      const type: Record<string, string> = contentType ? { 'content-type': contentType } : {};
      const all = { ...headers, ...type };
      const url = `/compat/${dialect.name}${path}`;
      return (await app.rest(method, url, { headers: all, ...(body && { body }) })).text;
    },
  ]),
];

/** What each state lets a client do that has the setup token and nothing else. */
const WITH_TOKEN = {
  on: [
    'Mutation.setup',
    'Mutation.skipSetup',
    'dumb POST /api/auth/setup',
    'dumb POST /api/auth/skip-setup',
    'quazzar-os POST /api/auth/setup',
    'union POST /api/auth/setup',
    'union POST /api/auth/skip-setup',
  ],
  skipped: [
    'Mutation.createUser',
    'Mutation.saveUsers',
    'Mutation.setup',
    'dumb POST /api/auth/setup',
    'dumb POST /api/auth/users',
    'quazzar-os POST /api/auth/setup',
    'union POST /api/auth/setup',
    'union POST /api/auth/users',
  ],
} as const;

describe.each(['on', 'skipped'] as const)(
  'an installation in production without users, authentication %s',
  (state) => {
    let app: ProductionApp;
    const start = async () => {
      app = await startInProduction({ env: { ALLOW_AUTH_DISABLE: 'true' } });
      const { db, changes, clock } = app.services;
      const data = { key: 'auth', value: state, updatedAt: clock.now() };
      await db.prisma.setting.create({ data });
      changes.publish({ kind: 'auth' });
    };
    beforeAll(start);
    afterAll(() => app.close());

    const isUntouched = async () => {
      const { prisma } = app.services.db;
      const row = await prisma.setting.findUnique({ where: { key: 'auth' } });
      return row?.value === state && (await prisma.user.count()) === 0;
    };
    /** The paths that make an account or change whether authentication is on. */
    const pathsThatDo = async (headersOf: () => Record<string, string>) => {
      const found: string[] = [];
      for (const [name, ask] of PATHS) {
        const text = await ask(app, headersOf());
        expect(text, name).not.toMatch(/INTERNAL_SERVER_ERROR|Something went wrong/);
        if (await isUntouched()) continue;
        found.push(name);
        await app.close();
        await start();
      }
      return found.sort();
    };

    it('is set up by no path without the token', async () => {
      expect(await pathsThatDo(() => ({}))).toEqual([]);
    });

    it('is set up by no path with a wrong token', async () => {
      const headers = { 'setup-token': 'no token that was ever printed' };
      expect(await pathsThatDo(() => headers)).toEqual([]);
    });

    it('is set up with the token by the paths that are listed here, and by no other', async () => {
      const found = await pathsThatDo(() => ({ 'setup-token': app.token! }));
      expect(found).toEqual([...WITH_TOKEN[state]].sort());
    }, 60_000);
  },
);

describe('the store of accounts', () => {
  it('makes no first account for a maker who has not been through setup', async () => {
    const app = await startInProduction();
    try {
      const account = accountOf(systemContext(app.services), { username: 'somebody' }, null, FIRST);
      await expect(insertAccount(app.services.db, account)).rejects.toMatchObject({
        code: 'SETUP_REQUIRED',
      });
      expect(await app.services.db.prisma.user.count()).toBe(0);
    } finally {
      await app.close();
    }
  });
});
