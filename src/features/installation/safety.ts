import ipaddr from 'ipaddr.js';
import { addSeconds, type Clock } from '../../adapters/clock.ts';
import type { Config } from '../../config/config.ts';
import type { Database } from '../../db/database.ts';
import { otherIssuers } from '../issuers/heartbeat.ts';
import { countMailWaitingSince } from '../mail/store.ts';
import { hasUnchangedDefaultAdmin } from '../setup/first-user.ts';
import { findAuthState } from '../../authentication/auth-state-store.ts';
import { hasUsers } from '../users/store.ts';

/** Something unsafe about this installation, the same for the start, `doctor` and pages. */
export interface SafetyFinding {
  /** Stable; made for programs. */
  readonly code: SafetyCode;
  /** A fault breaks what users do; a warning may be meant so. */
  readonly severity: 'warning' | 'fault';
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

type SafetyCode =
  | 'AUTH_OFF'
  | 'AUTH_OFF_OVERRIDDEN'
  | 'DEFAULT_ADMIN_OPEN'
  | 'ISSUERS_DIFFER'
  | 'MAIL_WAITS'
  | 'NO_HTTPS'
  | 'NO_MAIL_SERVER'
  | 'PUBLIC_URL_LOCAL'
  | 'SETUP_OPEN'
  | 'VARIABLE_UNKNOWN';

interface Asking {
  readonly config: Config;
  readonly clock: Clock;
  /** Undefined where it cannot be reached: then the configuration alone is judged. */
  readonly db: Database | undefined;
}

type Found = SafetyFinding | false;
type With<T> = T & { readonly db: Database };

const LONG_WAIT_SECONDS = 3600;

/** Everything unsafe about an installation. Reads, and changes nothing. */
export async function findUnsafe({ db, ...asking }: Asking): Promise<readonly SafetyFinding[]> {
  const { config } = asking;
  const stored = db ? await storedFindings({ ...asking, db }) : [];
  return [
    ...stored,
    plainHttp(config),
    localAddress(config),
    noMailServer(config),
    ...unknownVariables(config),
  ].filter((found) => found !== false);
}

async function storedFindings(asking: With<Asking>): Promise<readonly Found[]> {
  return [
    await authOff(asking),
    await openSetup(asking),
    await differentIssuers(asking),
    await waitingMail(asking),
  ];
}

async function authOff({ config, db }: With<Asking>): Promise<Found> {
  if ((await findAuthState(db)) === 'on') return false;
  if (!config.allowAuthDisable) {
    return warning(
      'AUTH_OFF_OVERRIDDEN',
      'Authentication was turned off, but ALLOW_AUTH_DISABLE=false keeps it on.',
      'Call enableAuth to turn it on for good, or set ALLOW_AUTH_DISABLE=true to have it off.',
    );
  }
  return warning(
    'AUTH_OFF',
    'Authentication is off: anybody who reaches the server may do anything.',
    'Call enableAuth to turn it on, and set ALLOW_AUTH_DISABLE=false to keep it on.',
  );
}

async function openSetup({ config, db }: With<Asking>): Promise<Found> {
  const isDevelopment = config.profile === 'development';
  if (isDevelopment && !listensBeyondMachine(config)) return false;
  if (await hasUsers(db.prisma)) {
    if (!config.defaultAdmin || !(await hasUnchangedDefaultAdmin(db))) return false;
    return warning(
      'DEFAULT_ADMIN_OPEN',
      'The account admin has the password admin: anybody who reaches the server can become the administrator.',
      'Sign in as admin and change the password now, and unset DEFAULT_ADMIN.',
    );
  }
  if (!config.openSetup) return false;
  return warning(
    'SETUP_OPEN',
    'Setup waits for anybody: the first client that calls it becomes the administrator.',
    isDevelopment
      ? 'Set up now, or set HOST=127.0.0.1 or OPEN_SETUP=false.'
      : 'Set up now, or unset OPEN_SETUP.',
  );
}

async function differentIssuers(asking: With<Asking>): Promise<Found> {
  const others = await otherIssuers(asking);
  if (others.length === 0) return false;
  return {
    code: 'ISSUERS_DIFFER',
    severity: 'fault',
    message: `PUBLIC_URL is ${asking.config.publicUrl} here and ${others.join(', ')} in another process over this database: each refuses the tokens of the other.`,
    hint: 'Set PUBLIC_URL to the same address in every process.',
  };
}

async function waitingMail({ clock, db }: With<Asking>): Promise<Found> {
  const count = await countMailWaitingSince(db, addSeconds(clock.now(), -LONG_WAIT_SECONDS));
  if (count === 0) return false;
  return warning(
    'MAIL_WAITS',
    `Mail waits: ${count} ${count === 1 ? 'message has' : 'messages have'} not gone out for more than an hour.`,
    'Check SMTP_URL and the mail server; the column lastError of OutboxMail has its answer.',
  );
}

function plainHttp({ profile, publicUrl }: Config): Found {
  if (profile === 'development' || !publicUrl.startsWith('http:')) return false;
  return warning(
    'NO_HTTPS',
    'PUBLIC_URL is not https: passwords and tokens can be read on the way.',
    'Put a proxy that speaks TLS in front of the server, and set PUBLIC_URL to its https address.',
  );
}

function localAddress(config: Config): Found {
  const { hostname } = new URL(config.publicUrl);
  if (config.profile === 'development' || !listensBeyondMachine(config)) return false;
  if (!isThisMachine(hostname)) return false;
  return warning(
    'PUBLIC_URL_LOCAL',
    `PUBLIC_URL leads to ${hostname}, but the server listens on ${config.host}: links in mail and the issuer of tokens are of no use to other machines.`,
    'Set PUBLIC_URL to the address that clients use.',
  );
}

function noMailServer({ smtpUrl, mailFolder }: Config): Found {
  if (smtpUrl !== undefined || mailFolder !== undefined) return false;
  return warning(
    'NO_MAIL_SERVER',
    'SMTP_URL is not set: mail waits until it is.',
    'Set SMTP_URL to a mail server.',
  );
}

function unknownVariables({ misspeltVariables }: Config): readonly Found[] {
  return misspeltVariables.map(({ given, meant }) =>
    warning(
      'VARIABLE_UNKNOWN',
      `${given} is no variable of this server, so it has no effect.`,
      `Did you mean ${meant}?`,
    ),
  );
}

function warning(code: SafetyCode, message: string, hint: string): SafetyFinding {
  return { code, severity: 'warning', message, hint };
}

function listensBeyondMachine({ host }: Config): boolean {
  return !isThisMachine(host);
}

/** Whether an address leads nowhere but to the machine that uses it. */
function isThisMachine(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (ipaddr.isValid(name)) return ipaddr.process(name).range() === 'loopback';
  return name === 'localhost' || name.endsWith('.localhost');
}
