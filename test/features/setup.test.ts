import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { POLICY } from '../../src/access/policy.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { stages } from '../support/database.ts';
import { AUTH_STATUS, ME, REGISTER, SETUP } from '../support/documents.ts';
import { PASSWORD, registerUser, setUpAdmin } from '../support/people.ts';

describe.each(stages)('setup on %s', (provider) => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp({ provider });
  });
  afterEach(() => app.close());

  it('makes the first user a system administrator and signs them in', async () => {
    const payload = await setUpAdmin(app, 'Root');
    expect(payload.user).toMatchObject({
      username: 'Root',
      systemRole: 'ADMIN',
      permissions: POLICY.system.ADMIN,
    });
    const { data } = await app.graphql(ME, {}, payload.accessToken);
    expect(data.me.username).toBe('Root');
  });

  it('is told by authStatus', async () => {
    const status = async () => (await app.graphql(AUTH_STATUS, {})).data.authStatus;
    expect(await status()).toEqual({
      enabled: true,
      hasUsers: false,
      setupTokenRequired: false,
      setupSkipped: false,
      selfRegistration: true,
    });
    await setUpAdmin(app);
    expect(await status()).toMatchObject({ enabled: true, hasUsers: true });
  });

  it('works once', async () => {
    await setUpAdmin(app);
    const again = await app.graphql(SETUP, { input: { username: 'second', password: PASSWORD } });
    expectType(again.data.setup, 'SetupDoneError');
  });

  it('makes one administrator of a hundred who try at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        app.graphql(SETUP, { input: { username: `admin${index}`, password: PASSWORD } }),
      ),
    );
    const types = answers.map((answer) => answer.data.setup.__typename);
    expect(types.filter((type) => type === 'AuthPayload')).toHaveLength(1);
    expect(types.filter((type) => type === 'SetupDoneError')).toHaveLength(99);
    expect(await app.services.db.prisma.user.count()).toBe(1);
    expect(await app.services.db.prisma.tenant.count()).toBe(1);
  });

  it('comes before registration, so that no stranger is the first user', async () => {
    const input = { username: 'stranger', password: PASSWORD };
    const early = await app.graphql(REGISTER, { input });
    expectType(early.data.register, 'SetupRequiredError');
    await setUpAdmin(app);
    const { user } = await registerUser(app, 'stranger');
    expect(user.systemRole).toBe('USER');
  });

  it('refuses a password that the policy refuses, and makes nobody', async () => {
    const answer = await app.graphql(SETUP, { input: { username: 'admin', password: 'short' } });
    expect(answer.data.setup).toEqual({
      __typename: 'PasswordRefusedError',
      code: 'PASSWORD_REFUSED',
      reason: 'TOO_SHORT',
      message: 'The password must have at least 8 characters.',
    });
    expect(await app.services.db.prisma.user.count()).toBe(0);
  });
});
