import { addSeconds } from '../../adapters/clock.ts';
import { type Mailer, MailServerError } from '../../adapters/mailer.ts';
import type { Metrics } from '../../adapters/metrics.ts';
import { createReach, type Reach } from '../../adapters/reach.ts';
import type { SecretBox } from '../../adapters/secret-box.ts';
import type { MailSender } from '../../core/mail.ts';
import type { Services } from '../../core/services.ts';
import { cleanText } from '../../core/text.ts';
import { totalBudgets } from './budget.ts';
import { claimBudget, countGathered } from './budget-store.ts';
import { openBody } from './compose.ts';
import { hasCount, withCount } from './letter.ts';
import { claimMail, type ClaimedMail, updateFailed, updateGivenUp, updateSent } from './store.ts';

export type MailSenderServices = Pick<Services, 'db' | 'clock' | 'log'> & {
  readonly secretBox: SecretBox;
  /** Undefined where mail has nowhere to go yet. */
  readonly mailer: Mailer | undefined;
  /** How many mails the installation sends within an hour. @default any number */
  readonly perHour?: number;
  readonly metrics?: Pick<Metrics, 'mailEnded'> | undefined;
  /** Whether the mail server is there. @default nobody takes note */
  readonly server?: Reach;
};

const IN_FLIGHT = 4;
const POLL_MS = 5000;
// Longer than any attempt lasts (a minute, says the mailer), or a slow mail would go out twice.
const LEASE_SECONDS = 120;
const FIRST_DELAY_SECONDS = 15;
const MAX_DELAY_SECONDS = { serverDown: 900, refused: 14_400 } as const;
// RFC 5321 section 4.5.4.1: four to five days are usual; a notice older than three is no use.
const GIVE_UP_SECONDS = 3 * 86_400;
const LEAST_ATTEMPTS = 20;
const MAX_ERROR = 500;
const LOG_SECONDS = 60;
const EVERY_KIND = '';

/** Sends the outbox: any number of processes may, and each mail goes out once unless one of them dies. */
export function createMailSender(services: MailSenderServices, pollMs = POLL_MS): MailSender {
  const { mailer, clock, log, metrics } = services;
  const pauses: Pauses = new Map();
  const server = createReach(log, {
    gone: 'the mail server takes no mail',
    back: 'the mail server takes mail again',
  });
  let logAt = clock.now();
  let timer: NodeJS.Timeout | undefined;
  let round: Promise<void> | undefined;
  let isOpen = false;
  let isWanted = false;
  let cut = new AbortController();

  const wake = () => {
    isWanted = true;
    if (!isOpen || !mailer || round) return;
    round = sendWhileWanted(mailer).finally(() => {
      round = undefined;
      if (isOpen && isWanted) wake();
    });
  };

  async function sendWhileWanted(to: Mailer) {
    while (isOpen && isWanted) {
      isWanted = false;
      await sendDue({ ...services, server }, to, { goesOn: () => isOpen, cut: cut.signal, pauses });
    }
  }

  return {
    start: () => {
      isOpen = true;
      cut = new AbortController();
      if (!mailer) return;
      timer = setInterval(wake, pollMs);
      timer.unref();
      wake();
    },
    wake,
    suppressed: (kind) => {
      metrics?.mailEnded(kind, 'suppressed');
      const now = clock.now();
      if (now < logAt) return;
      logAt = addSeconds(now, LOG_SECONDS);
      log.warn({ kind }, 'mail left out: MAIL_PER_ADDRESS or MAIL_PER_ACCOUNT is used up');
    },
    close: async (withinMs) => {
      isOpen = false;
      clearInterval(timer);
      const cutter = setTimeout(() => cut.abort(), withinMs);
      await round;
      clearTimeout(cutter);
    },
  };
}

/** How a round ends before its time. */
interface RoundEnd {
  /** Says no once no further mail is to be begun. */
  readonly goesOn: () => boolean;
  /** Aborts what is under way. */
  readonly cut: AbortSignal;
  /** What a former round learned of budgets that are used up. */
  readonly pauses: Pauses;
}

/** Until when no mail of a kind is sent, or of any kind (`''`), because MAIL_PER_HOUR is used up. */
type Pauses = Map<string, Date>;

/** Sends what is due until nothing is, nothing gets through or it is told to end. */
export async function sendDue(
  services: MailSenderServices,
  mailer: Mailer,
  { goesOn, cut, pauses = new Map() }: Partial<RoundEnd> = {},
): Promise<void> {
  const { db, clock, log } = services;
  let getsThrough = true;

  const lane = async () => {
    while (getsThrough && goesOn?.() !== false) {
      const now = clock.now();
      for (const [kind, until] of pauses) if (until <= now) pauses.delete(kind);
      if (pauses.has(EVERY_KIND)) return;
      const leaseUntil = addSeconds(now, LEASE_SECONDS);
      const mail = await claimMail(db, { now, leaseUntil, without: [...pauses.keys()] });
      if (!mail) return;
      if (await postpone(services, mail, pauses)) continue;
      if ((await deliver(services, mailer, mail, cut)) === 'serverDown') getsThrough = false;
    }
  };
  const lanes = Array.from({ length: IN_FLIGHT }, () =>
    lane().catch((error: unknown) => {
      getsThrough = false;
      log.error({ err: error }, 'the outbox cannot be used');
    }),
  );
  await Promise.all(lanes);
}

/** Puts a mail off where MAIL_PER_HOUR is used up, and pauses its kind; answers whether it did. */
async function postpone(
  { db, clock, log, perHour, metrics }: MailSenderServices,
  mail: ClaimedMail,
  pauses: Pauses,
): Promise<boolean> {
  if (perHour === undefined) return false;
  const [ofKind, ofAll] = totalBudgets(mail.kind, perHour);
  const now = clock.now();
  for (const [name, budget] of [[mail.kind, ofKind] as const, [EVERY_KIND, ofAll] as const]) {
    const until = await claimBudget(db.prisma, budget, now);
    if (until === undefined) continue;
    pauses.set(name, until);
    await updateFailed(db, mail, { error: 'MAIL_PER_HOUR is used up', dueAt: until });
    metrics?.mailEnded(mail.kind, 'postponed');
    const what = name === EVERY_KIND ? 'all mail waits' : 'mail of one kind waits';
    log.error({ kind: mail.kind, until }, `MAIL_PER_HOUR is used up: ${what}`);
    return true;
  }
  return false;
}

async function deliver(
  services: MailSenderServices,
  mailer: Mailer,
  mail: ClaimedMail,
  cut: AbortSignal | undefined,
) {
  const { db, clock, log, secretBox, metrics } = services;
  try {
    const body = openBody(secretBox, mail);
    const full = hasCount(body) ? withCount(body, await countGathered(db.prisma, mail.id)) : body;
    const message = {
      messageId: mail.messageId,
      to: { name: mail.toName, address: mail.toAddress },
      subject: mail.subject,
      date: mail.createdAt,
      ...full,
    };
    await mailer.send(message, cut);
  } catch (error) {
    return cut?.aborted ? noteCut(services, mail) : noteFailure(services, mail, error);
  }
  services.server?.worked();
  await updateSent(db, mail, clock.now());
  metrics?.mailEnded(mail.kind, 'sent');
  log.info({ mailId: mail.id, kind: mail.kind, attempts: mail.attempts }, 'mail sent');
  return 'sent';
}

/** Nobody is to blame: the next start has it. */
async function noteCut({ db, clock, log }: MailSenderServices, mail: ClaimedMail) {
  const { id: mailId, kind, attempts } = mail;
  await updateFailed(db, mail, { error: 'cut off by a stop', dueAt: clock.now() });
  log.warn({ mailId, kind, attempts }, 'mail cut off by a stop');
  return 'cut';
}

async function noteFailure(services: MailSenderServices, mail: ClaimedMail, failure: unknown) {
  const { db, clock, log, metrics } = services;
  const why = failure instanceof MailServerError ? 'serverDown' : 'refused';
  if (why === 'refused') services.server?.worked();
  else services.server?.failed(failure);
  const error = cleanText(failure instanceof Error ? failure.message : String(failure), MAX_ERROR);
  const now = clock.now();
  const { id: mailId, kind, attempts } = mail;
  // What a server says of a recipient names them: that stays in the outbox.
  const fields = { mailId, kind, attempts, why, ...(why === 'serverDown' && { error }) };
  if (attempts >= LEAST_ATTEMPTS && now >= addSeconds(mail.createdAt, GIVE_UP_SECONDS)) {
    await updateGivenUp(db, mail, { error, now });
    log.error(fields, 'mail given up');
    metrics?.mailEnded(kind, 'failed');
    return why;
  }
  const dueAt = addSeconds(now, delaySeconds(attempts, MAX_DELAY_SECONDS[why]));
  await updateFailed(db, mail, { error, dueAt });
  // While the server is away, one line says so for all mails.
  const level = why === 'serverDown' && services.server ? 'debug' : 'warn';
  log[level]({ ...fields, dueAt }, 'mail not sent yet');
  return why;
}

function delaySeconds(attempts: number, max: number): number {
  return Math.min(FIRST_DELAY_SECONDS * 2 ** (attempts - 1), max);
}
