import {
  type GraphQLField,
  isNonNullType,
  type GraphQLInputType,
  isInputObjectType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { schema } from '../../src/graphql/schema.ts';
import { DIALECTS } from '../../src/rest/mounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { registerUser, setUpAdmin } from '../support/people.ts';

const ACTORS = ['anonymous', 'ended', 'disabled', 'user', 'admin'] as const;
type Actor = (typeof ACTORS)[number];

/** In, turned away as a stranger, or turned away for want of rights. */
type Verdict = 'in' | '401' | '403';
type Row = Readonly<Record<Actor, Verdict>>;

const open: Row = { anonymous: 'in', ended: 'in', disabled: 'in', user: 'in', admin: 'in' };
const signedIn: Row = { ...open, anonymous: '401', ended: '401', disabled: '401' };
const admins: Row = { ...signedIn, user: '403' };

/** Who may. A field or a route without a row here fails the test. */
const EXPECTED: Readonly<Record<string, Row>> = {
  'Query.authStatus': open,
  'Query.me': signedIn,
  'Query.sessions': signedIn,
  'Query.users': admins,
  'Mutation.changePassword': signedIn,
  'Mutation.login': open,
  'Mutation.logout': signedIn,
  'Mutation.refresh': open,
  'Mutation.register': open,
  'Mutation.revokeOtherSessions': signedIn,
  'Mutation.revokeSession': signedIn,
  'Mutation.setup': open,
  'Subscription.sessionRevoked': signedIn,
  'quazzar-os POST /api/auth/setup': open,
  'quazzar-os POST /api/auth/login': open,
  'quazzar-os POST /api/auth/refresh': open,
  'quazzar-os GET /api/auth/me': signedIn,
  'quazzar-os POST /api/auth/change-password': signedIn,
  'dukatia POST /api/v1/login': open,
  'dukatia POST /api/v1/logout': signedIn,
  'dukatia POST /api/v1/users/me': signedIn,
  'dukatia GET /api/v1/users/me': signedIn,
};

/** Bodies that get past validation: one that does not never reaches the question who may. */
const BODIES: Readonly<Record<string, object>> = {
  setup: { username: 'second', password: 'correct horse battery' },
  login: { username: 'nobody', password: 'wrong horse battery', name: 'nobody', secret: 'wrong' },
  register: { username: 'nobody', password: 'short' },
  refresh: { refreshToken: 'none', refresh_token: 'none' },
  revokeSession: { id: 'none' },
  changePassword: { currentPassword: 'no', newPassword: 'also no' },
  'change-password': { current_password: 'no', new_password: 'also no' },
};

describe('who may call what', () => {
  let app: TestApp;
  const makeCredentials: Record<Actor, () => Promise<Record<string, string>>> = {
    anonymous: () => Promise.resolve({}),
    ended: () => credentialsOf('ended', (id) => endSessions(id)),
    disabled: () => credentialsOf('disabled', (id) => disable(id)),
    user: () => credentialsOf('user'),
    admin: () => credentialsOf('admin'),
  };

  beforeAll(async () => {
    app = await startApp();
    await setUpAdmin(app);
    for (const name of ['ended', 'disabled', 'user']) await registerUser(app, name);
  });
  afterAll(() => app.close());

  /** A bearer token and a cookie, both fresh: some of the calls use theirs up. */
  async function credentialsOf(name: string, then?: (userId: string) => Promise<unknown>) {
    const { db, changes } = app.services;
    const where = { username: name };
    await db.prisma.user.updateMany({ where, data: { disabled: false } });
    const body = { username: name, password: 'correct horse battery' };
    const bearer = await app.rest('POST', '/api/auth/login', { body });
    const cookie = await app.rest('POST', '/api/v1/login', {
      body: { name, secret: body.password },
    });
    const { access_token: token } = bearer.body as { access_token: string };
    const { access_token, user_id } = cookie.body as { access_token: string; user_id: string };
    await then?.(user_id);
    changes.publish({ kind: 'user', userId: user_id });
    return { authorization: `Bearer ${token}`, cookie: `access_token=${access_token}` };
  }

  function endSessions(userId: string) {
    const data = { revokedAt: app.clock.now() };
    return app.services.db.prisma.session.updateMany({ where: { userId }, data });
  }

  function disable(id: string) {
    return app.services.db.prisma.user.update({ where: { id }, data: { disabled: true } });
  }

  const rootFields = [
    schema.getQueryType()!,
    schema.getMutationType()!,
    schema.getSubscriptionType()!,
  ].flatMap((type) =>
    Object.values(type.getFields()).map((field) => [`${type.name}.${field.name}`, field] as const),
  );
  const routes = DIALECTS.flatMap((dialect) =>
    dialect.rows.map((row) => [`${dialect.name} ${row.method} ${row.path}`, dialect, row] as const),
  );

  it('is written down for every field and every route, and for nothing else', () => {
    const offered = [...rootFields, ...routes].map(([name]) => name).sort();
    expect(offered).toEqual(Object.keys(EXPECTED).sort());
  });

  it.each(rootFields)('%s', async (name, field) => {
    const verdicts: Partial<Record<Actor, Verdict>> = {};
    for (const actor of ACTORS) verdicts[actor] = await askGraphql(name, field, actor);
    expect(verdicts).toEqual(EXPECTED[name]);
  });

  it.each(routes)('%s', async (name, dialect, row) => {
    const verdicts: Partial<Record<Actor, Verdict>> = {};
    for (const actor of ACTORS) {
      const headers = await makeCredentials[actor]();
      const body = BODIES[row.path.split('/').at(-1)!];
      const { status, text } = await app.rest(row.method, `/compat/${dialect.name}${row.path}`, {
        headers: { ...headers, 'content-type': 'application/json' },
        ...(row.method !== 'GET' && { body: body ?? {} }),
      });
      verdicts[actor] = restVerdict(status, text);
    }
    expect(verdicts).toEqual(EXPECTED[name]);
  });

  async function askGraphql(name: string, field: GraphQLField<unknown, unknown>, actor: Actor) {
    const operation = name.split('.')[0]!.toLowerCase();
    const type = field.args[0]?.type;
    const takesInput = type !== undefined && isInput(type);
    const query = takesInput
      ? `${operation} ($input: ${String(type)}) { ${field.name}(input: $input) { __typename } }`
      : `${operation} { ${field.name} { __typename } }`;
    const bodies = inputOf(field.name, type);
    // A stream that is let in cannot be JSON: it answers 406, which is a verdict too.
    const headers = {
      ...(await makeCredentials[actor]()),
      'content-type': 'application/json',
      accept: 'application/json',
    };
    const answer = await app.rest('POST', '/graphql', {
      headers,
      body: { query, variables: { input: bodies } },
    });
    if (answer.status === 406) return 'in';
    const { errors = [] } = answer.body as { errors?: { extensions: { code: string } }[] };
    const code = errors[0]?.extensions.code;
    if (code === 'UNAUTHENTICATED') return '401';
    if (code === 'FORBIDDEN') return '403';
    expect(code, query).toBeUndefined();
    return 'in';
  }

  function inputOf(name: string, type: GraphQLInputType | undefined): object | undefined {
    const inner = type && isNonNullType(type) ? type.ofType : type;
    if (!isInputObjectType(inner)) return undefined;
    const known = Object.entries(BODIES[name] ?? {});
    return Object.fromEntries(known.filter(([key]) => key in inner.getFields()));
  }

  function isInput(type: GraphQLInputType): boolean {
    return isInputObjectType(isNonNullType(type) ? type.ofType : type);
  }

  /** A wrong password is a 401 of the operation's own; only the words tell it from a stranger's. */
  function restVerdict(status: number, text: string): Verdict {
    if (status === 401 && /Sign in first|access_token/.test(text)) return '401';
    if (status === 403) return '403';
    expect(status, text).toBeLessThan(500);
    return 'in';
  }
});
