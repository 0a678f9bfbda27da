import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resetPassword } from '../../src/features/passwords/operations.ts';
import { systemContext } from '../../src/core/system-context.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { createKey, opens } from '../support/api-keys.ts';
import { providers } from '../support/database.ts';
import { CHANGE_PASSWORD, IMPORT_USERS, LOGIN, ME, REGISTER } from '../support/documents.ts';
import { askForChange, codeTo, mailsTo, sendCode, verifyCode } from '../support/email.ts';
import {
  COMPLETE_PASSWORD_RESET,
  REQUEST_PASSWORD_RESET,
  RESET_PASSWORD,
} from '../support/password-documents.ts';
import { createUser, markProven, PASSWORD, setUpAdmin, signIn } from '../support/people.ts';
import { plant, type Planted, registerWith } from '../support/planted.ts';
import { ACCEPT_TENANT_INVITATION } from '../support/tenant-documents.ts';
import { invite, registerOwner } from '../support/tenants.ts';
import { turnOnTotp } from '../support/totp.ts';
import { SAVE_USERS } from '../support/user-documents.ts';
import { TABLES } from './tables-of-users.ts';

const NEW = 'staple of another kind';

describe.each(providers)('what was planted in an account, on %s,', (provider) => {
  let app: TestApp;
  let admin: string;
  let count = 0;
  beforeAll(async () => {
    app = await startApp({ provider });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const newName = () => `victim${++count}`;
  const linkTo = async (email: string) => {
    const before = (await mailsTo(app, email, 'passwordResetLink')).length;
    await app.graphql(REQUEST_PASSWORD_RESET, { input: { email } });
    const read = async () => (await mailsTo(app, email, 'passwordResetLink')).length;
    await expect.poll(read).toBe(before + 1);
    const mail = (await mailsTo(app, email, 'passwordResetLink')).at(-1);
    return /token=([\w-]+)/.exec(mail?.text ?? '')?.[1] ?? '';
  };
  const resetByMail = async (email: string, password = NEW) => {
    const input = { token: await linkTo(email), password };
    const { data } = await app.graphql(COMPLETE_PASSWORD_RESET, { input });
    return expectType(data.completePasswordReset, 'CompletePasswordResetPayload');
  };
  const userRow = (id: string) => app.services.db.prisma.user.findUniqueOrThrow({ where: { id } });

  /** Every path that proves an address or resets a password. */
  const RECOVERIES: Readonly<Record<string, (planted: Planted) => Promise<unknown>>> = {
    completePasswordReset: ({ email }) => resetByMail(email),
    'POST /api/auth/reset-password-with-token of lncrawl': async ({ email }) => {
      const token = await linkTo(email);
      const path = '/compat/lncrawl/api/auth/reset-password-with-token';
      const { status } = await app.rest('POST', path, { body: { password: NEW }, token });
      expect(status).toBe(200);
    },
    'resetPassword by an administrator': async ({ id }) => {
      const { data } = await app.graphql(
        RESET_PASSWORD,
        { input: { id, newPassword: NEW } },
        admin,
      );
      expectType(data.resetPassword, 'ResetPasswordPayload');
    },
    'resetPassword by an administrator, who lets a link be sent': async ({ id, email }) => {
      await app.graphql(RESET_PASSWORD, { input: { id } }, admin);
      app.clock.step(1);
      await resetByMail(email);
    },
    saveUsers: async ({ id }) => {
      const { data } = await app.graphql(
        SAVE_USERS,
        { input: { users: [{ id, password: NEW }] } },
        admin,
      );
      expectType(data.saveUsers, 'SaveUsersPayload');
    },
    'user reset-password of the command line': async ({ id }) => {
      const ctx = systemContext(app.services, 'vestibule user reset-password');
      await resetPassword.run(ctx, { id, newPassword: NEW });
    },
    verifyEmailOtp: async ({ accessToken }) => {
      const { token, otp } = await sendCode(app, accessToken);
      expectType(await verifyCode(app, token, otp), 'VerifyEmailOtpPayload');
      expect((await app.graphql(ME, {}, accessToken)).errors).toEqual([]);
    },
    'changeEmail, once the address is proven': async ({ accessToken, username }) => {
      const next = `next.${username}@example.com`;
      const { token } = await askForChange(app, accessToken, next);
      const otp = await codeTo(app, next, 'newEmailCode');
      expectType(await verifyCode(app, token, otp), 'VerifyEmailOtpPayload');
      expect((await app.graphql(ME, {}, accessToken)).errors).toEqual([]);
    },
    acceptTenantInvitation: async ({ email, accessToken }) => {
      const owner = await registerOwner(app, newName());
      const { invitationToken } = await invite(app, owner, email);
      const input = { invitationToken };
      const { data } = await app.graphql(ACCEPT_TENANT_INVITATION, { input }, accessToken);
      expectType(data.acceptTenantInvitation, 'AcceptTenantInvitationPayload');
      expect((await app.graphql(ME, {}, accessToken)).errors).toEqual([]);
    },
  };

  it('gives access before a recovery', async () => {
    const { stillOpen } = await plant(app, newName());
    expect(await stillOpen()).toEqual([
      'an access token',
      'a refresh token',
      'a cookie',
      'an API key',
      'a referrer token',
      'a second factor that is not confirmed',
      'an invitation',
      'a change of address',
    ]);
  });

  it.each(Object.keys(RECOVERIES))('ends with %s, which is audited', async (recovery) => {
    const planted = await plant(app, newName());
    await RECOVERIES[recovery]?.(planted);
    expect(await planted.stillOpen()).toEqual([]);
    const where = { targetId: planted.id, action: 'user.access_ended' };
    const [event] = await app.services.db.prisma.auditEvent.findMany({ where });
    expect(JSON.parse(event?.details ?? '{}')).toEqual({
      fields: [
        expect.stringMatching(/^sessions: [23]$/),
        'apiKeys: 1',
        'userTokens: 1',
        'invitations: 1',
      ],
    });
  });

  describe('by the classes of account pre-hijacking (Sudhodanan and Paverd, 2022)', () => {
    it('classic-federated merge: an invitation or an import adds nothing to an unproven account', async () => {
      const email = `${newName()}@example.com`;
      const { user, accessToken } = await registerWith(app, newName(), email);
      const users = [{ email, emailVerified: true, passwordHash: null }];
      const { data } = await app.graphql(IMPORT_USERS, { input: { users } }, admin);
      const { lines } = expectType(data.importUsers, 'ImportUsersPayload');
      expect(lines).toMatchObject([{ outcome: 'EXISTS', userId: user.id }]);
      expect((await userRow(user.id)).emailVerifiedAt).toBeNull();

      const owner = await registerOwner(app, newName());
      await invite(app, owner, email);
      const stolen = { input: { invitationToken: 'not the one of the mail' } };
      const refused = await app.graphql(ACCEPT_TENANT_INVITATION, stolen, accessToken);
      expectType(refused.data.acceptTenantInvitation, 'InvitationInvalidError');
      expect((await userRow(user.id)).emailVerifiedAt).toBeNull();
    });

    it('unexpired session: no session, cookie or key outlives the reset of the owner', async () => {
      const planted = await plant(app, newName());
      const ended = await resetByMail(planted.email);
      expect(ended).toMatchObject({ revokedSessions: 3, revokedApiKeys: 1 });
      expect(await planted.stillOpen()).toEqual([]);
      const me = await app.graphql(ME, {}, planted.accessToken);
      expect(me.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    });

    it('trojan identifier: a username that the attacker knows opens nothing', async () => {
      const { username, email, id } = await plant(app, newName());
      await resetByMail(email);
      for (const login of [username, email]) {
        const { data } = await app.graphql(LOGIN, {
          input: { username: login, password: PASSWORD },
        });
        expectType(data.login, 'InvalidCredentialsError');
        expect((await signIn(app, login, NEW)).user.id).toBe(id);
      }
    });

    it('unexpired e-mail change: a code that the attacker holds changes nothing', async () => {
      const { email, id, stillOpen } = await plant(app, newName());
      await resetByMail(email);
      expect(await stillOpen()).toEqual([]);
      expect(await userRow(id)).toMatchObject({ email });
    });

    it('non-verifying provider: an address that an administrator names is not proven by that', async () => {
      const username = newName();
      const email = `${username}@example.com`;
      const { id } = await createUser(app, admin, username, { email });
      const imported = `${newName()}@example.com`;
      await app.graphql(IMPORT_USERS, { input: { users: [{ email: imported }] } }, admin);
      expect((await userRow(id)).emailVerifiedAt).toBeNull();
      const where = { emailKey: imported };
      const row = await app.services.db.prisma.user.findUniqueOrThrow({ where });
      expect(row.emailVerifiedAt).toBeNull();
    });
  });

  describe('a second factor', () => {
    it('that was set up before the address was proven ends with a reset by mail', async () => {
      const { id, username, email, accessToken } = await plant(app, newName());
      await turnOnTotp(app, accessToken);
      await resetByMail(email);
      expect((await signIn(app, username, NEW)).user.id).toBe(id);
      const where = { userId: id };
      expect(await app.services.db.prisma.recoveryCode.count({ where })).toBe(0);
      expect(await app.services.db.prisma.totpCredential.count({ where })).toBe(0);
      const [mail] = await mailsTo(app, email, 'accessEnded');
      expect(mail?.text).toContain('  API keys: 1\n  Second factor: turned off\n');
    });

    it('that was set up once the address was proven stays on (ASVS 6.4.3)', async () => {
      const { id, username, email, accessToken } = await plant(app, newName());
      await markProven(app, email);
      await turnOnTotp(app, accessToken);
      await resetByMail(email);
      const { data } = await app.graphql(LOGIN, { input: { username, password: NEW } });
      expectType(data.login, 'TotpChallenge');
      expect(await app.services.db.prisma.recoveryCode.count({ where: { userId: id } })).toBe(10);
    });

    it('stays on where an administrator replaces the password', async () => {
      const { id, username, accessToken } = await plant(app, newName());
      await turnOnTotp(app, accessToken);
      await app.graphql(RESET_PASSWORD, { input: { id, newPassword: NEW } }, admin);
      const { data } = await app.graphql(LOGIN, { input: { username, password: NEW } });
      expectType(data.login, 'TotpChallenge');
    });

    it('stays on for the session that has shown it and proves the address', async () => {
      const { username, accessToken } = await plant(app, newName());
      await turnOnTotp(app, accessToken);
      const { token, otp } = await sendCode(app, accessToken);
      expectType(await verifyCode(app, token, otp), 'VerifyEmailOtpPayload');
      const { data } = await app.graphql(LOGIN, { input: { username, password: PASSWORD } });
      expectType(data.login, 'TotpChallenge');
    });
  });

  describe('changePassword', () => {
    it.each([
      [{}, 0],
      [{ revokeApiKeys: true }, 1],
    ])('ends API keys where it is asked to: %j', async (choice, revokedApiKeys) => {
      const { accessToken } = await registerWith(app, newName(), `${newName()}@example.com`);
      const { key } = await createKey(app, accessToken);
      const input = { currentPassword: PASSWORD, newPassword: NEW, ...choice };
      const { data } = await app.graphql(CHANGE_PASSWORD, { input }, accessToken);
      expect(data.changePassword).toMatchObject({ revokedApiKeys });
      expect(await opens(app, key)).toBe(revokedApiKeys === 0);
    });
  });

  it('leaves the owner who recovers the account alone with it, under the same address', async () => {
    const { email, username } = await plant(app, newName());
    const input = { email, password: NEW };
    const registered = await app.graphql(REGISTER, { input });
    expectType(registered.data.register, 'EmailTakenError');
    await resetByMail(email);
    const { accessToken } = await signIn(app, email, NEW);
    const { data } = await app.graphql(ME, {}, accessToken);
    expect(data.me).toMatchObject({ username, email, emailVerified: true });
  });

  it('leaves no row that gives access, in any table that has some', async () => {
    const planted = await plant(app, newName());
    await turnOnTotp(app, planted.accessToken);
    await askForChange(app, planted.accessToken, `again.${planted.username}@example.com`);
    const liveRows = async () => {
      const rows = Object.entries(TABLES)
        .filter(([, rule]) => rule.startsWith('ends'))
        .map(async ([table]) => [table, await countLive(table, planted.id)] as const);
      return Object.fromEntries(await Promise.all(rows));
    };
    const before = await liveRows();
    expect(Object.values(before).every((count) => count > 0)).toBe(true);
    await resetByMail(planted.email);
    expect(await liveRows()).toEqual(Object.fromEntries(Object.keys(before).map((t) => [t, 0])));
  });

  async function countLive(table: string, userId: string): Promise<number> {
    const owner = table === 'TenantInvitation' ? 'inviterId' : 'userId';
    const ended = table === 'Session' || table === 'ApiKey' ? 'AND "revokedAt" IS NULL' : '';
    const query = `SELECT COUNT(*) AS "count" FROM "${table}" WHERE "${owner}" = '${userId}' ${ended}`;
    const [row] = await app.services.db.prisma.$queryRawUnsafe<{ count: bigint }[]>(query);
    return Number(row?.count);
  }
});

describe('a recovery', () => {
  it('has a rule for every table that belongs to a user', () => {
    const schema = readFileSync('prisma/schema.prisma', 'utf8');
    const models = [...schema.matchAll(/^model (\w+) \{\n(.*?)^\}/gms)];
    const owned = models.filter(([, , body = '']) => /^ +\w+ +User\??( |$)|^ +userId /m.test(body));
    expect(owned.map(([, name]) => name).sort()).toEqual(Object.keys(TABLES).sort());
  });
});
