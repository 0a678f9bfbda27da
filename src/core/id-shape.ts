import { normalized } from './text.ts';

/** What an id is written with here and there: as a URN, and as the REST dialects prefix theirs. */
const PREFIXES: ReadonlySet<string> = new Set([
  '',
  'urnuuid',
  'uuid',
  'guid',
  'usr',
  'key',
  'ten',
  'session',
]);
const ID_DIGITS = 32;
const HEX = /^[0-9a-f]+$/;
/** No name is longer, and normalization takes time by the square of a run of combining marks. */
const LONGEST = 1024;
const NEITHER_LETTER_NOR_DIGIT = /[^\p{L}\p{N}]/gu;

/**
 * Whether a text reads as one of our ids, which are UUIDs: in any case and width, with any punctuation or
 * none. No name may: what names a person, a tenant or a project is never taken for an id.
 */
export function isIdShaped(text: string): boolean {
  if (text.length > LONGEST) return false;
  const plain = normalized(text).toLowerCase().replace(NEITHER_LETTER_NOR_DIGIT, '');
  return (
    PREFIXES.has(plain.slice(0, -ID_DIGITS)) &&
    HEX.test(plain.slice(-ID_DIGITS)) &&
    plain.length >= ID_DIGITS
  );
}
