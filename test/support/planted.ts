import { expectType, type TestApp } from './app.ts';
import { createKey, opens } from './api-keys.ts';
import { ME, REFRESH, REGISTER } from './documents.ts';
import { askForChange, codeTo, verifyCode } from './email.ts';
import { PASSWORD, signIn } from './people.ts';
import { CREATE_USER_TOKEN, VERIFY_USER_TOKEN } from './referral-documents.ts';
import { invite } from './tenants.ts';
import { OWN_TENANTS, REGISTER_BY_INVITATION } from './tenant-documents.ts';
import { ENABLE_TOTP } from './totp-documents.ts';

/** An account that was registered with the address of another person. */
export interface Planted {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  /** A session that is none of those planted. */
  readonly accessToken: string;
  /** The names of what still gives access to the account. */
  readonly stillOpen: () => Promise<readonly string[]>;
}

type Probe = () => Promise<boolean>;

/** Registers an account with an address that nobody proves. */
export async function registerWith(app: TestApp, username: string, email: string) {
  const input = { username, email, password: PASSWORD };
  const { data } = await app.graphql(REGISTER, { input });
  return expectType(data.register, 'AuthPayload');
}

/** Sets up every way into an account that a session can set up. */
export async function plant(app: TestApp, username: string): Promise<Planted> {
  const email = `${username}@example.com`;
  const { user, accessToken } = await registerWith(app, username, email);
  const probes: Readonly<Record<string, Probe>> = {
    ...(await plantSessions(app, username)),
    'an API key': await plantKey(app, accessToken),
    'a referrer token': await plantUserToken(app, accessToken),
    'a second factor that is not confirmed': await plantPendingTotp(app, accessToken),
    'an invitation': await plantInvitation(app, accessToken, `friend.${username}@example.com`),
    // Last, because it ends all the others where it succeeds.
    'a change of address': await plantChange(app, accessToken, `evil.${username}@example.com`),
  };
  const stillOpen = async () => {
    const open: string[] = [];
    for (const [name, isOpen] of Object.entries(probes)) if (await isOpen()) open.push(name);
    return open;
  };
  return { id: user.id, username, email, accessToken, stillOpen };
}

async function plantSessions(app: TestApp, username: string): Promise<Record<string, Probe>> {
  const { accessToken, refreshToken } = await signIn(app, username);
  const body = { name: username, secret: PASSWORD };
  const cookie = (await app.rest('POST', '/api/v1/login', { body })).body as {
    readonly access_token: string;
  };
  const me = async (headers: Record<string, string>) =>
    (await app.rest('GET', '/api/v1/users/me', { headers })).status === 200;
  return {
    'an access token': async () => (await app.graphql(ME, {}, accessToken)).errors.length === 0,
    'a refresh token': async () => {
      const { data } = await app.graphql(REFRESH, { input: { refreshToken } });
      return data.refresh.__typename === 'AuthPayload';
    },
    'a cookie': () => me({ cookie: `access_token=${cookie.access_token}` }),
  };
}

async function plantKey(app: TestApp, token: string): Promise<Probe> {
  const { key } = await createKey(app, token);
  return () => opens(app, key);
}

async function plantUserToken(app: TestApp, accessToken: string): Promise<Probe> {
  const { data } = await app.graphql(CREATE_USER_TOKEN, {}, accessToken);
  const { token } = expectType(data.createUserToken, 'CreateUserTokenPayload').userToken;
  return async () => (await app.graphql(VERIFY_USER_TOKEN, { token })).data.verifyUserToken;
}

async function plantChange(app: TestApp, accessToken: string, to: string): Promise<Probe> {
  const { token } = await askForChange(app, accessToken, to);
  const otp = await codeTo(app, to, 'newEmailCode');
  return async () => (await verifyCode(app, token, otp)).__typename === 'VerifyEmailOtpPayload';
}

async function plantPendingTotp(app: TestApp, accessToken: string): Promise<Probe> {
  const { data } = await app.graphql(ENABLE_TOTP, {}, accessToken);
  expectType(data.enableTotp, 'EnableTotpPayload');
  const { id: userId } = (await app.graphql(ME, {}, accessToken)).data.me;
  return async () => (await app.services.db.prisma.totpCredential.count({ where: { userId } })) > 0;
}

async function plantInvitation(app: TestApp, token: string, email: string): Promise<Probe> {
  const { data } = await app.graphql(OWN_TENANTS, {}, token);
  const owner = { id: '', token, tenantId: data.me.tenants[0]!.id };
  const { invitationToken } = await invite(app, owner, email, 'OWNER');
  return async () => {
    const input = { invitationToken, username: null, password: PASSWORD };
    const joined = await app.graphql(REGISTER_BY_INVITATION, { input });
    return joined.data.registerByInvitation.__typename === 'AuthPayload';
  };
}
