import { randomBytes, randomUUID } from 'node:crypto';

/** The server's only source of randomness: a CSPRNG. */
export interface Random {
  /** A UUID version 4 (RFC 9562), for the ids of things. Not a secret (ASVS 11.5.1). */
  readonly uuid: () => string;
  /** Secret bytes. */
  readonly bytes: (length: number) => Uint8Array;
}

export const systemRandom: Random = { uuid: randomUUID, bytes: (length) => randomBytes(length) };
