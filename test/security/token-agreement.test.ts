import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { UpdateUserInput } from '../generated/graphql.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { CHANGE_PASSWORD, LOGOUT, SESSIONS, VERIFY_TOKEN } from '../support/documents.ts';
import { RESET_PASSWORD } from '../support/password-documents.ts';
import { createUser, PASSWORD, setUpAdmin, signIn } from '../support/people.ts';
import { turnOnTotp } from '../support/totp.ts';
import { DELETE_USER, UPDATE_USER } from '../support/user-documents.ts';

const SECRET = 'a secret of the shop: thirty-two and more';
const GIVEN = 'given by an administrator';

interface Holder {
  readonly id: string;
  readonly username: string;
  readonly token: string;
}
interface State {
  readonly isActive: boolean;
  /** Brings the holder there; answers another token where theirs is not the one to ask about. */
  readonly reach: (app: TestApp, holder: Holder, admin: string) => Promise<string | void>;
}

const update = async (app: TestApp, admin: string, input: UpdateUserInput) => {
  const { data } = await app.graphql(UPDATE_USER, { input }, admin);
  expectType(data.updateUser, 'UpdateUserPayload');
};
/** Signs in with a password that an administrator gave. */
const withGivenPassword = async (app: TestApp, { id, username }: Holder, admin: string) => {
  const { data } = await app.graphql(RESET_PASSWORD, { input: { id, newPassword: GIVEN } }, admin);
  expectType(data.resetPassword, 'ResetPasswordPayload');
  return (await signIn(app, username, GIVEN)).accessToken;
};
const changeTo = async (
  app: TestApp,
  token: string,
  currentPassword: string,
  newPassword: string,
) => {
  const input = { currentPassword, newPassword };
  const { data } = await app.graphql(CHANGE_PASSWORD, { input }, token);
  expectType(data.changePassword, 'ChangePasswordPayload');
};

const STATES: Readonly<Record<string, State>> = {
  'who has just signed in': { isActive: true, reach: async () => undefined },
  'who signed out': {
    isActive: false,
    reach: async (app, { token }) => void (await app.graphql(LOGOUT, {}, token)),
  },
  'who is disabled': {
    isActive: false,
    reach: (app, { id }, admin) => update(app, admin, { id, disabled: true }),
  },
  'who was disabled and is not any more': {
    isActive: false,
    reach: async (app, { id }, admin) => {
      await update(app, admin, { id, disabled: true });
      await update(app, admin, { id, disabled: false });
    },
  },
  'who has to choose another password': { isActive: false, reach: withGivenPassword },
  'who has just chosen another password': {
    isActive: true,
    reach: async (app, holder, admin) => {
      const token = await withGivenPassword(app, holder, admin);
      await changeTo(app, token, GIVEN, PASSWORD);
      return token;
    },
  },
  'whose password an administrator replaced': {
    isActive: false,
    reach: async (app, holder, admin) => void (await withGivenPassword(app, holder, admin)),
  },
  'who changed the password elsewhere': {
    isActive: false,
    reach: async (app, { username }) => {
      const { accessToken } = await signIn(app, username);
      await changeTo(app, accessToken, PASSWORD, 'staple of another kind');
    },
  },
  'who turned a second factor on': {
    isActive: true,
    reach: async (app, { token }) => void (await turnOnTotp(app, token)),
  },
  'who became an administrator': {
    isActive: true,
    reach: (app, { id }, admin) => update(app, admin, { id, systemRole: 'ADMIN' }),
  },
  'who is gone': {
    isActive: false,
    reach: async (app, { id }, admin) => {
      const { data } = await app.graphql(DELETE_USER, { input: { id } }, admin);
      expectType(data.deleteUser, 'DeleteUserPayload');
    },
  },
};

/** Whether a token says its holder by the username: such a one has a key that nobody else verifies by. */
function isByName(token: string): boolean {
  const [head = ''] = token.split('.');
  return Buffer.from(head, 'base64url').toString().includes('"HS256"');
}

describe.each(providers)('the access token on %s of a user', (provider) => {
  let app: TestApp;
  let admin: string;
  let count = 0;
  beforeAll(async () => {
    const env = { INTROSPECTION_CLIENTS: `shop:${SECRET}`, ACCESS_TOKEN_SECONDS: '3600' };
    app = await startApp({ provider, env });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const post = async (path: string, body: object | string, headers: Record<string, string> = {}) =>
    (await app.rest('POST', path, { body, headers })).body as Record<string, unknown>;
  const introspect = (token: string) => {
    const form = new URLSearchParams({ token, client_id: 'shop', client_secret: SECRET });
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    return post('/oauth/introspect', String(form), type);
  };
  /** What each of those says that other services ask, and whether a request is let in with it. */
  const verdicts = async (token: string) => {
    const dumb = await post('/compat/dumb/api/auth/verify', { token });
    const union = await post('/compat/union/api/auth/verify', { token });
    const introspected = await introspect(token);
    const { verifyToken } = (await app.graphql(VERIFY_TOKEN, { token })).data;
    const { errors } = await app.graphql(SESSIONS, {}, token);
    const names = [verifyToken.username, dumb['username'], union['username']];
    if (introspected['active'] === true) names.push(introspected['username']);
    expect(new Set(names).size).toBe(1);
    return {
      verifyToken: verifyToken.valid,
      dumb: dumb['valid'],
      union: union['valid'],
      introspection: introspected['active'],
      letIn: errors.length === 0,
    };
  };
  /** A token by the username is for the doors of this server: services that introspect get none. */
  const agreed = (is: boolean, token: string) => ({
    verifyToken: is,
    dumb: is,
    union: is,
    introspection: is && !isByName(token),
    letIn: is,
  });

  /** A token of GraphQL, and one of the dialect that has the username in it. */
  const SIGN_INS: Readonly<Record<string, (username: string) => Promise<string>>> = {
    'of GraphQL': async (username) => (await signIn(app, username)).accessToken,
    'of DUMB': async (username) => {
      const body = await post('/compat/dumb/api/auth/login', { username, password: PASSWORD });
      return String(body['access_token']);
    },
  };

  it.each(
    Object.keys(STATES).flatMap((state) => Object.keys(SIGN_INS).map((by) => [state, by] as const)),
  )('%s, %s, counts everywhere or nowhere', async (state, by) => {
    const username = `holder${++count}`;
    const { id } = await createUser(app, admin, username, { email: `${username}@example.com` });
    const token = await SIGN_INS[by]!(username);
    expect(await verdicts(token)).toEqual(agreed(true, token));
    const { isActive, reach } = STATES[state]!;
    const asked = (await reach(app, { id, username, token }, admin)) ?? token;
    expect(await verdicts(asked)).toEqual(agreed(isActive, asked));
    app.clock.step(3600);
    expect(await verdicts(asked)).toEqual(agreed(false, asked));
    app.clock.step(-3600);
  });

  it.each(Object.keys(SIGN_INS))(
    'who got another name, %s, counts everywhere or nowhere',
    async (by) => {
      const username = `holder${++count}`;
      const { id } = await createUser(app, admin, username);
      const token = await SIGN_INS[by]!(username);
      await update(app, admin, { id, username: `renamed${count}` });
      const said = await verdicts(token);
      expect(said).toEqual(agreed(said.letIn, token));
    },
  );

  it('that is none counts nowhere, and a refresh token is told as what it is', async () => {
    const { refreshToken } = await signIn(app, 'admin');
    for (const text of ['none', `${refreshToken}x`, 'vst_key']) {
      expect(await verdicts(text)).toEqual(agreed(false, text));
    }
    const { verifyToken } = (await app.graphql(VERIFY_TOKEN, { token: refreshToken })).data;
    expect(verifyToken).toEqual({ valid: false, username: null, expiresAt: null });
    expect(await introspect(refreshToken)).toMatchObject({ token_type: 'refresh_token' });
  });
});
