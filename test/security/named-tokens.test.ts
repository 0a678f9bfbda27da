import { createHmac } from 'node:crypto';
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JSONWebKeySet,
  jwtVerify,
} from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNamedTokens } from '../../src/adapters/named-tokens.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { DIALECTS } from '../../src/doors/rest/mounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { ME, REFRESH } from '../support/documents.ts';
import { PASSWORD, registerUser, setUpAdmin } from '../support/people.ts';
import { UPDATE_USER } from '../support/user-documents.ts';

const SECRET = 'a secret of the shop: thirty-two+and % more';
const CLIENT = `Basic ${Buffer.from(`shop:${encodeURIComponent(SECRET)}`).toString('base64')}`;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

interface Pair {
  readonly access_token: string;
  readonly refresh_token: string;
}

describe.each(providers)('tokens by the username on %s', (provider) => {
  let app: TestApp;
  let admin: Awaited<ReturnType<typeof setUpAdmin>>;
  beforeAll(async () => {
    const env = { INTROSPECTION_CLIENTS: `shop:${SECRET}` };
    app = await startApp({ provider, env });
    admin = await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const dumb = (method: string, path: string, body?: unknown, token?: string) =>
    app.rest(method, `/compat/dumb/api/auth${path}`, {
      ...(body !== undefined && { body }),
      token,
    });
  const login = async (username: string) =>
    (await dumb('POST', '/login', { username, password: PASSWORD })).body as Pair;
  const isIn = async (token: string) => (await app.graphql(ME, {}, token)).errors.length === 0;
  const rename = (id: string, username: string) =>
    app.graphql(UPDATE_USER, { input: { id, username } }, admin.accessToken);
  const introspect = async (token: string) =>
    (
      await app.rest('POST', '/oauth/introspect', {
        headers: { ...FORM, authorization: CLIENT },
        body: `token=${token}`,
      })
    ).body;

  it('are what the document of DUMB shows, and no access tokens of RFC 9068', async () => {
    const pair = await login('admin');
    for (const [token, type] of [
      [pair.access_token, 'access'],
      [pair.refresh_token, 'refresh'],
    ] as const) {
      expect(token).toMatch(/^eyJhbGciOiJIUzI1NiIs/);
      expect(decodeProtectedHeader(token)).toEqual({ alg: 'HS256', typ: 'JWT' });
      const claims = decodeJwt(token);
      expect(claims).toMatchObject({ sub: 'admin', type, uid: admin.user.id });
      expect(Object.keys(claims).sort()).toEqual([
        'exp',
        'gen',
        'iat',
        'sid',
        'sub',
        'type',
        'uid',
      ]);
    }
  });

  it('are verified by no published key, and told nothing of to services', async () => {
    const { access_token, refresh_token } = await login('admin');
    const jwks = (await app.rest('GET', '/.well-known/jwks.json')).body as JSONWebKeySet;
    for (const token of [access_token, refresh_token]) {
      const currentDate = app.clock.now();
      const read = jwtVerify(token, createLocalJWKSet(jwks), { currentDate });
      await expect(read).rejects.toThrow(errors.JOSEError);
      expect(await introspect(token)).toEqual({ active: false });
    }
    expect(await introspect(admin.accessToken)).toMatchObject({ active: true, sub: admin.user.id });
  });

  it('count at the doors of this server, for what they are, until their session ends', async () => {
    const { access_token, refresh_token } = await login('admin');
    expect(await isIn(access_token)).toBe(true);
    expect((await dumb('GET', '/users', undefined, access_token)).status).toBe(200);
    expect((await dumb('POST', '/verify', { token: access_token })).body).toEqual({
      valid: true,
      username: 'admin',
    });
    expect(await isIn(refresh_token)).toBe(false);
    const asRefresh = await dumb('POST', '/refresh', { refresh_token: access_token });
    expect(asRefresh.status).toBe(401);
    await app.rest('POST', '/oauth/revoke', { headers: FORM, body: `token=${access_token}` });
    expect(await isIn(access_token)).toBe(false);
    expect((await dumb('POST', '/refresh', { refresh_token })).status).toBe(401);
  });

  it('are handed out by DUMB alone: every other door answers the account id as `sub`', async () => {
    const { user } = await registerUser(app, 'everywhere');
    const headers = FORM;
    const json = { username: 'everywhere', email: 'everywhere', password: PASSWORD };
    const logins = DIALECTS.filter(({ cookie }) => cookie === undefined).map((dialect) => {
      const row = dialect.rows.find(({ path }) => path.endsWith('/login'));
      return [dialect.name, `/compat/${dialect.name}${row!.path}`] as const;
    });
    for (const [name, path] of logins) {
      const isForm = name === 'qdash';
      const body = isForm ? `username=everywhere&password=${encodeURIComponent(PASSWORD)}` : json;
      const answer = await app.rest('POST', path, { body, ...(isForm && { headers }) });
      const { access_token, token = access_token } = answer.body as Record<string, string>;
      expect([name, decodeJwt(token!).sub]).toEqual([
        name,
        name === 'dumb' ? 'everywhere' : user.id,
      ]);
      expect([name, decodeProtectedHeader(token!).typ]).toEqual([
        name,
        name === 'dumb' ? 'JWT' : 'at+jwt',
      ]);
    }
  });

  it('end with the name, the access and the refresh token, whoever has the name then', async () => {
    const { user } = await registerUser(app, 'before');
    const { access_token, refresh_token } = await login('before');
    const used = await login('before');
    const next = (await dumb('POST', '/refresh', { refresh_token: used.refresh_token }))
      .body as Pair;
    await rename(user.id, 'after');
    await registerUser(app, 'before');
    for (const token of [access_token, used.access_token, next.access_token]) {
      expect(await isIn(token)).toBe(false);
      expect((await dumb('POST', '/verify', { token })).body).toEqual({
        valid: false,
        username: null,
      });
    }
    for (const token of [refresh_token, used.refresh_token, next.refresh_token]) {
      expect((await dumb('POST', '/refresh', { refresh_token: token })).status).toBe(401);
      const { data } = await app.graphql(REFRESH, { input: { refreshToken: token } });
      expect(data.refresh.__typename).toBe('RefreshTokenInvalidError');
    }
    expect(await isIn((await login('after')).access_token)).toBe(true);
  });

  it('leave what others verify alone at a rename', async () => {
    const { user, accessToken } = await registerUser(app, 'steady');
    await rename(user.id, 'steadier');
    expect(await isIn(accessToken)).toBe(true);
  });

  it('are worth nothing under any other key, for another account or without a claim', async () => {
    const other = await registerUser(app, 'other');
    const { access_token } = await login('other');
    const sign = (claims: object, key: string | Uint8Array) => {
      const [header] = access_token.split('.');
      const input = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
      return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`;
    };
    const claims = decodeJwt(access_token);
    const secret = 'a secret key for tests: 32 bytes and more';
    for (const key of ['', secret, new Uint8Array(32)]) {
      expect(await isIn(sign(claims, key))).toBe(false);
    }
    expect(other.user.username).toBe('other');
  });
});

describe('tokens by the username where the others are HS256 too', () => {
  it('are signed under another key, which makes no access token of RFC 9068', async () => {
    const app = await startApp({ env: { JWT_ALG: 'HS256' } });
    await setUpAdmin(app);
    const body = { username: 'admin', password: PASSWORD };
    const answer = await app.rest('POST', '/compat/dumb/api/auth/login', { body });
    const { access_token: token } = answer.body as Pair;
    const key = app.services.keys.keyAt(app.clock.now()).verifyKey;
    const read = jwtVerify(token, key, { currentDate: app.clock.now() });
    await expect(read).rejects.toThrow(errors.JWSSignatureVerificationFailed);
    await app.close();
  });
});

describe('tokens by the username under several values of SECRET_KEY', () => {
  const lifetimes = { clock: systemClock, accessTokenSeconds: 600, refreshTokenSeconds: 6000 };
  const subject = {
    holder: 'an id',
    name: 'ann',
    sessionId: 'a session',
    generation: 0,
    issuedAt: new Date(),
    sessionExpiresAt: new Date(Date.now() + 60_000),
    scopes: [],
  };

  it('are signed under the first and verified under all', async () => {
    const old = createNamedTokens({ secrets: ['old'], ...lifetimes });
    const both = createNamedTokens({ secrets: ['new', 'old'], ...lifetimes });
    const renewed = createNamedTokens({ secrets: ['new'], ...lifetimes });
    const [first, second] = [old.mint(subject), both.mint(subject)];
    expect(await both.verify('access', first.accessToken)).toMatchObject({
      holder: 'an id',
      name: 'ann',
    });
    expect(await renewed.verify('access', second.accessToken)).toMatchObject({ name: 'ann' });
    expect(await renewed.verify('access', first.accessToken)).toBe('TOKEN_INVALID');
    expect(await renewed.verify('refresh', second.accessToken)).toBe('TOKEN_INVALID');
  });
});
