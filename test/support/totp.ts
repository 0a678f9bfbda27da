import { generateSync } from 'otplib';
import { expectType, type TestApp } from './app.ts';
import { LOGIN } from './documents.ts';
import { COMPLETE_LOGIN, CONFIRM_TOTP, ENABLE_TOTP } from './totp-documents.ts';
import { PASSWORD } from './people.ts';

/** What the authenticator app shows, so many steps away from now. */
export function codeOf(app: TestApp, secret: string, steps = 0): string {
  const epoch = Math.floor(app.clock.now().getTime() / 1000) + 30 * steps;
  return generateSync({ secret, epoch });
}

/** A code that no step near now has. */
export function wrongCodeOf(app: TestApp, secret: string): string {
  const near = [-2, -1, 0, 1, 2].map((steps) => codeOf(app, secret, steps));
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find(
    (code) => !near.includes(code),
  )!;
}

/** Sets up the second factor of whoever has the token; the code of the step is used up then. */
export async function turnOnTotp(app: TestApp, token: string) {
  const begun = await app.graphql(ENABLE_TOTP, {}, token);
  const { secret } = expectType(begun.data.enableTotp, 'EnableTotpPayload');
  const confirmed = await confirm(app, token, codeOf(app, secret));
  const { recoveryCodes } = expectType(confirmed, 'ConfirmTotpPayload');
  return { secret, recoveryCodes };
}

export async function confirm(app: TestApp, token: string, code: string) {
  return (await app.graphql(CONFIRM_TOTP, { input: { code } }, token)).data.confirmTotp;
}

/** What `login` answers somebody with a second factor. */
export async function challenge(app: TestApp, username: string) {
  const answer = await app.graphql(LOGIN, { input: { username, password: PASSWORD } });
  return expectType(answer.data.login, 'TotpChallenge');
}

export async function answer(app: TestApp, challengeToken: string, code: string) {
  const input = { challengeToken, code };
  return (await app.graphql(COMPLETE_LOGIN, { input })).data.completeLogin;
}

/** A whole sign-in in two steps. */
export async function signInTwice(app: TestApp, username: string, code: string) {
  const { challengeToken } = await challenge(app, username);
  return expectType(await answer(app, challengeToken, code), 'AuthPayload');
}
