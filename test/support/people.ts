import { expectType, type TestApp } from './app.ts';
import type { CreateUserInput } from '../generated/graphql.ts';
import { LOGIN, REGISTER, SETUP } from './documents.ts';
import { CREATE_USER } from './user-documents.ts';

export const PASSWORD = 'correct horse battery';

/** The administrator of a fresh installation, signed in. */
export async function setUpAdmin(app: TestApp, username = 'admin', setupToken?: string) {
  const input = { username, password: PASSWORD, ...(setupToken && { setupToken }) };
  const answer = await app.graphql(SETUP, { input });
  return expectType(answer.data.setup, 'AuthPayload');
}

/** Somebody who registered, signed in. Needs an administrator first. */
export async function registerUser(app: TestApp, username: string) {
  const answer = await app.graphql(REGISTER, { input: { username, password: PASSWORD } });
  return expectType(answer.data.register, 'AuthPayload');
}

/** A further session of somebody who is known. */
export async function signIn(app: TestApp, username: string, password = PASSWORD) {
  const answer = await app.graphql(LOGIN, { input: { username, password } });
  return expectType(answer.data.login, 'AuthPayload');
}

/** An account that an administrator makes for somebody. */
export async function createUser(
  app: TestApp,
  token: string,
  username: string,
  input: Partial<CreateUserInput> = {},
) {
  const full = { username, password: PASSWORD, ...input };
  const { data } = await app.graphql(CREATE_USER, { input: full }, token);
  return expectType(data.createUser, 'CreateUserPayload').user;
}

/** Notes in the database that the address of an account is proven, without a mail. */
export async function markProven(app: TestApp, email: string) {
  const { clock, services } = app;
  const { id } = await services.db.prisma.user.update({
    where: { emailKey: email.toLowerCase() },
    data: { emailVerifiedAt: clock.now() },
  });
  services.changes.publish({ kind: 'user', userId: id });
}
