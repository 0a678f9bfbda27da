import { isIP } from 'node:net';
import { z } from 'zod';
import { parseTrustedProxies } from '../adapters/client-address.ts';

const MIN_SECRET_BYTES = 32;
const MIN_SETUP_TOKEN = 16;
const MAX_SETUP_TOKEN = 256;

/** A variable whose text must obey `rule`; `parse` answers undefined where it does not. */
function field<T>(rule: string, parse: (text: string) => T | undefined) {
  return z.string().transform((text, ctx): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    ctx.addIssue({ code: 'custom', message: rule });
    return z.NEVER;
  });
}

function listItems(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function listOf(rule: string, isValid: (item: string) => boolean) {
  return field(rule, (text) => {
    const items = listItems(text);
    return items.every(isValid) ? items : undefined;
  });
}

export function integer(min: number, max: number) {
  return field(`must be a whole number from ${min} to ${max}`, (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
    return value >= min && value <= max ? value : undefined;
  });
}

export function oneOf<const T extends string>(...values: readonly T[]) {
  return field(`must be one of ${values.join(', ')}`, (text) =>
    values.find((value) => value === text),
  );
}

export const onOff = field('must be on or off', (text) =>
  text === 'on' ? true : text === 'off' ? false : undefined,
);

export const trueOrFalse = field('must be true or false', (text) =>
  text === 'true' ? true : text === 'false' ? false : undefined,
);

export const text = field('must not be blank', (given) => given.trim() || undefined);

export const databaseUrl = field('must be file:<path>, postgres://… or postgresql://…', (given) => {
  if (/^file:./.test(given)) return given;
  return /^postgres(ql)?:\/\//.test(given) && URL.canParse(given) ? given : undefined;
});

export const replicaUrls = listOf(
  'must list postgres://… or postgresql://…',
  (item) => /^postgres(ql)?:\/\//.test(item) && URL.canParse(item),
);

export const smtpUrl = field('must be smtp://… or smtps://…', (given) =>
  /^smtps?:\/\/[^/]/.test(given) && URL.canParse(given) ? given : undefined,
);

export const mailbox = field('must be an address, or a name and an <address>', (given) => {
  const [, name = '', address = given] = /^([^<>"\p{C}]*)<([^<>]*)>$/u.exec(given) ?? [];
  if (!z.email().safeParse(address).success) return undefined;
  return { name: name.trim(), address };
});

export const keyPrefix = field(
  'must be 2 to 16 lower-case letters and digits that begin with a letter and end with _',
  (given) => (/^[a-z][a-z0-9]{0,14}_$/.test(given) ? given : undefined),
);

export const secretKeys = field(
  `must be one or more comma-separated keys of at least ${MIN_SECRET_BYTES} bytes`,
  (given) => {
    const keys = listItems(given);
    const isLongEnough = keys.every((key) => Buffer.byteLength(key) >= MIN_SECRET_BYTES);
    return keys.length > 0 && isLongEnough ? keys : undefined;
  },
);

export interface ServiceClient {
  readonly id: string;
  readonly secret: string;
}

export const serviceClients = field(
  `must list clients as id:secret, each id once, secrets of at least ${MIN_SECRET_BYTES} bytes without commas`,
  (given): readonly ServiceClient[] | undefined => {
    const parts = listItems(given).map((item) => /^([\w.-]{1,64}):(.+)$/s.exec(item));
    const clients = parts.map((part) => ({ id: part?.[1] ?? '', secret: part?.[2] ?? '' }));
    const isValid =
      new Set(clients.map(({ id }) => id)).size === clients.length &&
      clients.every(({ secret }) => Buffer.byteLength(secret) >= MIN_SECRET_BYTES);
    return isValid ? clients : undefined;
  },
);

export const secret = field(
  `must have at least ${MIN_SECRET_BYTES} bytes and no blanks`,
  (given) =>
    /^\S+$/.test(given) && Buffer.byteLength(given) >= MIN_SECRET_BYTES ? given : undefined,
);

export const setupToken = field(
  `must have ${MIN_SETUP_TOKEN} to ${MAX_SETUP_TOKEN} printable ASCII characters and no blanks`,
  (given) =>
    /^[\x21-\x7e]+$/.test(given) &&
    given.length >= MIN_SETUP_TOKEN &&
    given.length <= MAX_SETUP_TOKEN
      ? given
      : undefined,
);

export const httpUrl = field('must be an http(s) address', (given) =>
  /^https?:\/\/[^/]/.test(given) && URL.canParse(given) ? given : undefined,
);

export const publicUrl = field(
  'must be an http(s) address without credentials, query or fragment',
  (given) => {
    if (!URL.canParse(given)) return undefined;
    const { protocol, username, password, search, hash, origin, pathname } = new URL(given);
    if (!/^https?:$/.test(protocol) || username || password || search || hash) return undefined;
    return origin + pathname.replace(/(?<!\/)\/+$/, '');
  },
);

export const origins = listOf(
  'must list exact origins such as https://app.example.com (no *, path or trailing slash)',
  (item) => /^https?:[^*]+$/.test(item) && URL.canParse(item) && new URL(item).origin === item,
);

/** `id.example.com`, `*.example.com` for all names below it, an IP address; without a port. */
const HOST_NAME = /^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/i;

export const hosts = listOf(
  'must list host names such as id.example.com or *.example.com (no scheme, port or path)',
  (item) => HOST_NAME.test(item) || isIP(item) > 0,
);

export const names = listOf('must list lower-case names', (item) => /^[a-z][a-z0-9-]*$/.test(item));

export const proxies = field(
  'must list addresses or CIDR ranges, none of which covers every address',
  (given) => {
    try {
      return parseTrustedProxies(listItems(given));
    } catch {
      return undefined;
    }
  },
);
