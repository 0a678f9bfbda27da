import { expectType, type TestApp } from './app.ts';
import { CHANGE_EMAIL, SEND_EMAIL_OTP, VERIFY_EMAIL_OTP } from './email-documents.ts';
import { readOutbox } from './outbox.ts';

/** The mails of a kind that wait for an address, the newest last. */
export async function mailsTo(app: TestApp, email: string, kind: string) {
  const mails = await readOutbox(app.services);
  return mails.filter((mail) => mail.toAddress === email && mail.kind === kind);
}

/** Asks for a code to the own address; answers the token and what the mail says. */
export async function sendCode(app: TestApp, accessToken: string) {
  const { data } = await app.graphql(SEND_EMAIL_OTP, {}, accessToken);
  const { token, email } = expectType(data.sendEmailOtp, 'SendEmailOtpPayload');
  return { token, otp: await codeTo(app, email, 'emailCode') };
}

/** Asks for a code to another address. */
export async function askForChange(app: TestApp, accessToken: string, email: string) {
  const { data } = await app.graphql(CHANGE_EMAIL, { input: { email } }, accessToken);
  return expectType(data.changeEmail, 'ChangeEmailPayload');
}

/** The code in the newest mail of a kind to an address. */
export async function codeTo(app: TestApp, email: string, kind: string): Promise<string> {
  const mail = (await mailsTo(app, email, kind)).at(-1);
  return /^OTP \((\d{6})\)$/.exec(mail?.subject ?? '')?.[1] ?? '';
}

export async function verifyCode(app: TestApp, token: string, otp: string) {
  const { data } = await app.graphql(VERIFY_EMAIL_OTP, { input: { token, otp } });
  return data.verifyEmailOtp;
}

/** A code that is not the one given. */
export function wrongCode(otp: string): string {
  return otp === '000000' ? '000001' : '000000';
}
