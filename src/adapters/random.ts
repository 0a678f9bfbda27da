import { randomBytes, randomUUID } from 'node:crypto';

/** The server's only source of randomness: a CSPRNG. */
export interface Random {
  /** A UUID version 4 (RFC 9562), for the ids of things. Not a secret (ASVS 11.5.1). */
  readonly uuid: () => string;
  /** Secret bytes. */
  readonly bytes: (length: number) => Uint8Array;
}

const BYTE_VALUES = 256;

/** Random characters of an alphabet (at most 256 of them), each as likely as the others. */
export function randomText(random: Random, alphabet: string, length: number): string {
  // Bytes from here on would make some characters likelier than others.
  const fair = BYTE_VALUES - (BYTE_VALUES % alphabet.length);
  let text = '';
  while (text.length < length) {
    const bytes = [...random.bytes(length)].filter((byte) => byte < fair);
    text += bytes.map((byte) => alphabet[byte % alphabet.length]).join('');
  }
  return text.slice(0, length);
}

export const systemRandom: Random = { uuid: randomUUID, bytes: (length) => randomBytes(length) };
