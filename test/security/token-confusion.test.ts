import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { ME, REFRESH } from '../support/documents.ts';
import { setUpAdmin } from '../support/people.ts';

/** ASVS 9.1.1 to 9.2.4, RFC 8725: a token counts for what it was made for, or not at all. */
describe('tokens that must not count', () => {
  let app: TestApp;
  let pair: { accessToken: string; refreshToken: string };

  beforeAll(async () => {
    app = await startApp();
    pair = await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const header = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as Record<string, string>;
  const claims = (token: string) =>
    JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as JWTPayload;
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  /** Signs with the installation's own key: only the claim or header under test is wrong. */
  const resign = (change: { header?: object; claims?: object; drop?: string }) => {
    const active = app.services.keys.keyAt(app.clock.now());
    const payload = { ...claims(pair.accessToken), ...change.claims } as Record<string, unknown>;
    if (change.drop) delete payload[change.drop];
    return new SignJWT(payload)
      .setProtectedHeader({ ...header(pair.accessToken), alg: 'EdDSA', ...change.header })
      .sign(active.signKey);
  };

  const expectRefused = async (token: string) => {
    const graphql = await app.graphql(ME, {}, token);
    expect(graphql.status).toBe(200);
    expect(graphql.errors.map((error) => error.extensions.code)).toEqual(['UNAUTHENTICATED']);
    const rest = await app.rest('GET', '/api/auth/me', { token });
    expect(rest.status).toBe(401);
    expect(rest.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(rest.text).not.toMatch(/at |jose|stack/);
  };

  it('accepts the token that these are made from', async () => {
    expect((await app.graphql(ME, {}, await resign({}))).errors).toEqual([]);
  });

  it('refuses a refresh token as access token', async () => {
    await expectRefused(pair.refreshToken);
  });

  it('refuses an access token as refresh token', async () => {
    const input = { refreshToken: pair.accessToken };
    const answer = await app.graphql(REFRESH, { input });
    expectType(answer.data.refresh, 'RefreshTokenInvalidError');
  });

  it('refuses `alg: none`, with and without a signature', async () => {
    const [, payload, signature] = pair.accessToken.split('.');
    const none = encode({ ...header(pair.accessToken), alg: 'none' });
    await expectRefused(`${none}.${payload}.`);
    await expectRefused(`${none}.${payload}.${signature}`);
  });

  it('refuses HS256 signed with the public key as the secret', async () => {
    const jwks = (await app.rest('GET', '/.well-known/jwks.json')).body as { keys: JWK[] };
    const publicKey = jwks.keys[0]!;
    const secrets = [
      JSON.stringify(publicKey),
      publicKey.x!,
      Buffer.from(publicKey.x!, 'base64url'),
    ];
    for (const secret of secrets) {
      const token = await new SignJWT(claims(pair.accessToken))
        .setProtectedHeader({ ...header(pair.accessToken), alg: 'HS256' })
        .sign(typeof secret === 'string' ? new TextEncoder().encode(secret) : secret);
      await expectRefused(token);
    }
  });

  it('refuses a token signed by another key, also when it brings that key along', async () => {
    const other = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
    const jwk = await exportJWK(other.publicKey);
    const base = header(pair.accessToken);
    for (const extra of [
      {},
      { jwk },
      { jku: 'http://127.0.0.1/keys' },
      { kid: '../../etc/passwd' },
    ]) {
      const token = await new SignJWT(claims(pair.accessToken))
        .setProtectedHeader({ ...base, alg: 'EdDSA', ...extra })
        .sign(other.privateKey);
      await expectRefused(token);
    }
  });

  it('refuses a changed payload under the old signature', async () => {
    const [head, , signature] = pair.accessToken.split('.');
    const payload = encode({ ...claims(pair.accessToken), sub: 'somebody-else' });
    await expectRefused(`${head}.${payload}.${signature}`);
  });

  it.each([
    ['a foreign audience', { claims: { aud: 'http://other.test' } }],
    ['a foreign issuer', { claims: { iss: 'http://other.test' } }],
    ['no audience', { drop: 'aud' }],
    ['no issuer', { drop: 'iss' }],
    ['no expiry', { drop: 'exp' }],
    ['no session', { drop: 'sid' }],
    ['the type of another token', { claims: { type: 'refresh' } }],
    ['the typ of another token', { header: { typ: 'rt+jwt' } }],
    ['a general typ', { header: { typ: 'JWT' } }],
    ['no kid', { header: { kid: undefined } }],
    ['a session that never was', { claims: { sid: 'c0ffee' } }],
  ])('refuses a token of its own key with %s', async (_case, change) => {
    await expectRefused(await resign(change));
  });

  it('refuses an expired token, also one that it has verified before', async () => {
    const soon = await startApp({ env: { ACCESS_TOKEN_SECONDS: '60' } });
    try {
      const { accessToken } = await setUpAdmin(soon);
      expect((await soon.graphql(ME, {}, accessToken)).errors).toEqual([]);
      soon.clock.step(60);
      const after = await soon.graphql(ME, {}, accessToken);
      expect(after.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    } finally {
      await soon.close();
    }
  });

  it.each(['', 'x', 'a.b.c', '....', 'null', '🙂', 'e30.e30.'.repeat(1000)])(
    'refuses the garbage %j',
    async (garbage) => {
      const answer = await app.rest('GET', '/api/auth/me', {
        headers: { authorization: `Bearer ${encodeURI(garbage)}` },
      });
      expect(answer.status).toBe(401);
    },
  );

  it('publishes no private part of its keys', async () => {
    const answer = await app.rest('GET', '/.well-known/jwks.json');
    const { keys } = answer.body as { keys: JWK[] };
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x']);
      await expect(importJWK(key, 'EdDSA')).resolves.toBeDefined();
    }
  });

  it('signs with a shared key that it publishes nowhere when told HS256', async () => {
    const shared = await startApp({ env: { JWT_ALG: 'HS256' } });
    try {
      const { accessToken } = await setUpAdmin(shared);
      expect(header(accessToken)['alg']).toBe('HS256');
      expect((await shared.graphql(ME, {}, accessToken)).errors).toEqual([]);
      expect((await shared.rest('GET', '/.well-known/jwks.json')).body).toEqual({ keys: [] });
    } finally {
      await shared.close();
    }
  });
});
