import { addSeconds } from '../../adapters/clock.ts';
import { isSameSecret } from '../../adapters/digest.ts';
import type { KeyedHash } from '../../adapters/keyed-hash.ts';
import type { Context } from '../../core/context.ts';
import { loginKey } from '../users/rules.ts';
import { DEVICE_SECONDS } from '../../core/throttle-policy.ts';

// OWASP's device cookies: a browser that signed in before is told from strangers by a token that it
// keeps. The token signs nobody in: what it is good for is a count of its own.

/** Accounts that a device token knows at most: the last one that signed in is the first. */
const MAX_ACCOUNTS = 4;
const MAX_LENGTH = 1024;
const NONCE_BYTES = 16;
/** 132 bits of an HMAC in base64url. */
const MAC_LENGTH = 22;
const MAX_NAMES = 3;
const ENTRY = /^[\w-]{22}\.[\da-z]{1,10}(?:\.[\w-]{22}){1,3}$/;

/** An account, by what is typed to sign in or by its id. */
type Named = { readonly login: string } | { readonly userId: string };

/** What a token holds for one account: a nonce and a MAC for each name of the account. */
interface Entry {
  readonly text: string;
  readonly nonce: string;
  readonly expires: string;
  readonly macs: readonly string[];
}

/** The nonce of the device token that the client shows, if it belongs to the account. */
export function shownDevice(ctx: Context, account: Named): string | undefined {
  return shownEntries(ctx).find((entry) => belongsTo(ctx, entry, account))?.nonce;
}

/** Gives the client a device token for an account that it has just proven to have. */
export function rememberDevice(
  ctx: Context,
  user: {
    readonly id: string;
    readonly username: string | null;
    readonly email: string | null;
  },
): void {
  const { answer } = ctx.request;
  if (!answer || !ctx.config.throttle) return;
  const others = shownEntries(ctx).filter((entry) => !belongsTo(ctx, entry, { userId: user.id }));
  const texts = [newEntry(ctx, user), ...others.map(({ text }) => text)];
  answer.deviceToken = texts.slice(0, MAX_ACCOUNTS).join('~');
}

function newEntry(
  { clock, keyedHashes, random }: Context,
  user: Parameters<typeof rememberDevice>[1],
): string {
  const nonce = Buffer.from(random.bytes(NONCE_BYTES)).toString('base64url');
  const until = addSeconds(clock.now(), DEVICE_SECONDS);
  const expires = Math.floor(until.getTime() / 1000).toString(36);
  const logins = [user.username, user.email].filter((name) => name !== null);
  const names = [{ userId: user.id }, ...logins.map((name) => ({ login: loginKey(name) }))];
  const macs = names.map((name) => macOf(keyedHashes[0], { nonce, expires }, name));
  return [nonce, expires, ...macs].join('.');
}

function shownEntries({ clock, config, request }: Context): readonly Entry[] {
  const { deviceToken = '' } = request;
  if (!config.throttle || deviceToken.length > MAX_LENGTH) return [];
  const now = clock.now().getTime() / 1000;
  return deviceToken
    .split('~', MAX_ACCOUNTS)
    .filter((text) => ENTRY.test(text))
    .map(readEntry)
    .filter(({ expires }) => Number.parseInt(expires, 36) > now);
}

function readEntry(text: string): Entry {
  const [nonce = '', expires = '', ...macs] = text.split('.', 2 + MAX_NAMES);
  return { text, nonce, expires, macs };
}

function belongsTo({ keyedHashes }: Context, entry: Entry, account: Named): boolean {
  return keyedHashes.some((keyedHash) => {
    const mac = macOf(keyedHash, entry, account);
    return entry.macs.filter((known) => isSameSecret(known, mac)).length > 0;
  });
}

function macOf(
  keyedHash: KeyedHash,
  { nonce, expires }: Pick<Entry, 'nonce' | 'expires'>,
  account: Named,
): string {
  const name = 'login' in account ? ['login', account.login] : ['user', account.userId];
  return keyedHash('device', nonce, expires, ...name).slice(0, MAC_LENGTH);
}
