import { onTestFinished } from 'vitest';
import { createMailer, type Mailer } from '../../src/adapters/mailer.ts';
import { systemRandom } from '../../src/adapters/random.ts';
import { createSecretBox } from '../../src/adapters/secret-box.ts';
import { connect } from '../../src/db/client.ts';
import { composeMail } from '../../src/features/mail/compose.ts';
import { createMailSender, sendDue } from '../../src/features/mail/sender.ts';
import { insertMail } from '../../src/features/mail/store.ts';
import { startSmtp, type SmtpOptions } from './smtp.ts';

export const ANN = { email: 'ann@example.org', name: 'Ann', username: 'ann' };
export const DAY = 86_400;

/** Nobody waits for it in a test that wakes the sender. */
export const NEVER_MS = 2 ** 31 - 1;

const MAIL_FROM = { name: '', address: 'no-reply@example.com' };
const secretBox = createSecretBox(['a secret key for tests: 32 bytes and more']);

export interface BoxOptions {
  readonly mailer?: Mailer;
  readonly pollMs?: number;
  /** How many mails are sent within an hour. */
  readonly perHour?: number;
}

/** One process with an outbox on a database that others may use too. */
export async function openBox(databaseUrl: string, options: BoxOptions = {}) {
  const { mailer, pollMs = NEVER_MS, perHour } = options;
  const db = await connect({ databaseUrl });
  onTestFinished(() => db.close());
  const services = {
    db,
    clock: createClock(),
    secretBox,
    mailer,
    ...(perHour !== undefined && { perHour }),
    ...collectLog(),
  };
  const compose = (to: { readonly email: string | null }) => {
    const { clock } = services;
    const config = { publicUrl: 'https://accounts.example.com', mailFrom: MAIL_FROM };
    const data = { device: undefined, address: '192.0.2.7', at: clock.now() };
    return composeMail(
      { clock, config, secretBox, random: systemRandom },
      { kind: 'refreshTokenReused', to: { ...ANN, ...to, emailVerifiedAt: clock.now() }, data },
    );
  };
  return {
    ...services,
    compose,
    insert: (to = ANN) => db.prisma.$transaction((tx) => insertMail(tx, compose(to))),
    sender: createMailSender(services, pollMs),
    /** Sends what is due now. */
    round: () => sendDue(services, mailer ?? failing(new Error('there is no mailer'))),
  };
}

/** The same with nothing in it that another test left. */
export async function openEmptyBox(databaseUrl: string, options?: BoxOptions) {
  const box = await openBox(databaseUrl, options);
  await box.db.prisma.outboxMail.deleteMany();
  return box;
}

/** A mail server that ends with the test. */
export async function smtpOfTest(options?: SmtpOptions) {
  const smtp = await startSmtp(options);
  onTestFinished(() => smtp.close());
  return smtp;
}

export function mailerTo({ url }: { readonly url: string }): Mailer {
  const { log } = collectLog();
  const mailer = createMailer({ smtpUrl: url, folder: undefined, from: MAIL_FROM, log });
  if (!mailer) throw new Error('there is no mailer');
  return mailer;
}

export function failing(error: Error): Mailer {
  return { send: () => Promise.reject(error) };
}

function createClock() {
  let now = new Date('2026-01-31T09:30:00.000Z');
  return {
    now: () => now,
    step: (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1000);
    },
  };
}

function collectLog() {
  const logged: { readonly message: string; readonly fields: object }[] = [];
  const add = (fields: object, message: string) => void logged.push({ message, fields });
  return { logged, log: { debug: add, info: () => undefined, warn: add, error: add } };
}
