import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { REGISTER } from '../support/documents.ts';
import { PASSWORD, registerUser, setUpAdmin } from '../support/people.ts';

type Input = { username?: string | null; email?: string | null; password?: string; name?: string };

describe.each(providers)('register on %s', (provider) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ provider, env: { ADMIN_USERNAME: 'boss' } });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const register = async (input: Input) =>
    app.graphql(REGISTER, { input: { password: PASSWORD, ...input } });

  it('makes a user in a tenant of their own, with a default project', async () => {
    const { user } = await registerUser(app, 'Grace');
    const row = await app.services.db.prisma.user.findUniqueOrThrow({
      where: { id: user.id },
      include: {
        tenantMemberships: { include: { tenant: true } },
        projectMemberships: { include: { project: true } },
      },
    });
    expect(row.tenantMemberships).toMatchObject([{ role: 'OWNER', tenant: { name: 'Grace' } }]);
    expect(row.projectMemberships).toMatchObject([
      { role: 'OWNER', projectId: row.defaultProjectId, project: { name: "Grace's project" } },
    ]);
  });

  it('takes an e-mail address alone', async () => {
    const answer = await register({ email: 'Only@Example.com' });
    expect(expectType(answer.data.register, 'AuthPayload').user).toMatchObject({
      username: null,
      email: 'Only@Example.com',
    });
  });

  it.each([
    ['the same name', 'Grace'],
    ['the name in other letters', 'gRACE'],
    ['the name in full-width letters', 'Ｇｒａｃｅ'],
    ['the name between spaces', '  Grace '],
  ])('knows %s again', async (_case, username) => {
    expectType((await register({ username })).data.register, 'UsernameTakenError');
  });

  it('knows an e-mail address again, whatever its case', async () => {
    await register({ email: 'twice@example.com' });
    expectType((await register({ email: 'TWICE@example.com' })).data.register, 'EmailTakenError');
  });

  it('gives one name to one of a hundred who want it at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => register({ username: 'wanted' })),
    );
    const types = answers.map((answer) => answer.data.register.__typename);
    expect(types.filter((type) => type === 'AuthPayload')).toHaveLength(1);
    expect(types.filter((type) => type === 'UsernameTakenError')).toHaveLength(99);
    const tenants = app.services.db.prisma.tenant.count({ where: { name: 'wanted' } });
    expect(await tenants).toBe(1);
  });

  it('does not hand the administrator’s name to a stranger', async () => {
    for (const username of ['boss', ' BOSS ', 'ｂｏｓｓ']) {
      expectType((await register({ username })).data.register, 'UsernameTakenError');
    }
  });

  it.each<[string, Input, string]>([
    ['neither name nor address', {}, 'username'],
    ['an empty name', { username: ' ' }, 'username'],
    ['a name with an @', { username: 'a@b' }, 'username'],
    ['a name with a line break', { username: 'a\nb' }, 'username'],
    ['a name that is too long', { username: 'x'.repeat(65) }, 'username'],
    ['an address that is none', { email: 'nobody' }, 'email'],
    ['a password beyond all bounds', { username: 'x', password: 'x'.repeat(2000) }, 'password'],
  ])('names the field of %s', async (_case, input, field) => {
    const { errors } = await register(input);
    expect(errors[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      issues: [{ path: [field] }],
    });
  });

  it('is closed by SELF_REGISTRATION=admin', async () => {
    const closed = await startApp({ provider, env: { SELF_REGISTRATION: 'admin' } });
    try {
      await setUpAdmin(closed);
      const input = { username: 'stranger', password: PASSWORD };
      const answer = await closed.graphql(REGISTER, { input });
      expectType(answer.data.register, 'RegistrationClosedError');
    } finally {
      await closed.close();
    }
  });
});
