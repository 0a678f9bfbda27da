import type { Stop } from '../stop.ts';
import type { Work } from './work.ts';

/** The parts of a hash that its pattern names. */
export type Parts = Readonly<Record<string, string | undefined>>;

/** How one system writes password hashes. */
export interface Format {
  readonly name: string;
  /** What one looks like, for a person. */
  readonly example: string;
  /** The settings that are taken, for a person: what `MAX_UNITS` and `MAX_MEMORY_KIB` come to. */
  readonly limits: string;
  readonly pattern: RegExp;
  /**
   * What it takes to check a password of so many bytes; undefined where the format has no such settings.
   */
  readonly work: (parts: Parts, passwordBytes: number) => Work | undefined;
  /**
   * Whether the password is the one, byte for byte. May throw where the work is undefined or too much.
   * Rejects early on the signal if the format can be stopped.
   */
  readonly verify: (parts: Parts, password: Buffer, signal?: Stop) => Promise<boolean>;
}

/** Standard base64 of at least eight bytes, with or without padding, or passlib's with dots for pluses. */
export const BASE64 = '[A-Za-z0-9+/.]{11,}={0,2}';
/** The same of any length. */
export const ANY_BASE64 = '[A-Za-z0-9+/.]*={0,2}';
export const HEX = '(?:[0-9a-f]{2}){8,}';

export function utf8(text = ''): Buffer {
  return Buffer.from(text, 'utf8');
}

export function hex(text = ''): Buffer {
  return Buffer.from(text, 'hex');
}

export function base64(text = ''): Buffer {
  return Buffer.from(text.replaceAll('.', '+'), 'base64');
}

export function isBetween(value: string | number | undefined, min: number, max: number): boolean {
  return Number(value) >= min && Number(value) <= max;
}
