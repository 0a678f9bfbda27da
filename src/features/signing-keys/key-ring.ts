import type { Clock } from '../../adapters/clock.ts';
import { generateKey, importKey, type KeyRing, type TokenAlgorithm } from '../../adapters/jwk.ts';
import type { Random } from '../../adapters/random.ts';
import type { SecretBox } from '../../adapters/secret-box.ts';
import type { Database } from '../../db/client.ts';
import {
  insertActiveKey,
  listSigningKeys,
  retireOtherAlgorithms,
  type SigningKeyRow,
} from './store.ts';

export interface KeyRingServices {
  readonly db: Database;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  readonly random: Random;
}

/** Loads the signing keys; makes the first one of the algorithm where there is none. */
export async function loadKeyRing(
  services: KeyRingServices,
  algorithm: TokenAlgorithm,
): Promise<KeyRing> {
  let rows = await listSigningKeys(services.db);
  if (!findActive(rows, algorithm)) {
    await retireOtherAlgorithms(services.db, algorithm);
    await insertActiveKey(services.db, await makeKey(services, algorithm));
    rows = await listSigningKeys(services.db);
  }
  const all = await Promise.all(rows.map((row) => unseal(services.secretBox, row)));
  const active = all.find((key) => key.id === findActive(rows, algorithm)?.id);
  if (!active) throw new Error(`no active ${algorithm} signing key`);
  const publicKeys = rows.flatMap((row) => (row.publicJwk === null ? [] : [row.publicJwk]));
  return { active, all, jwks: { keys: publicKeys.map((jwk) => JSON.parse(jwk) as object) } };
}

function findActive(rows: readonly SigningKeyRow[], algorithm: string): SigningKeyRow | undefined {
  return rows.find((row) => row.slot === 'ACTIVE' && row.algorithm === algorithm);
}

async function makeKey(services: KeyRingServices, algorithm: TokenAlgorithm) {
  const key = await generateKey(algorithm, services.random);
  const privateJwk = services.secretBox.seal(key.privateJwk, purpose(key.id));
  return { ...key, privateJwk, algorithm, createdAt: services.clock.now() };
}

function unseal(secretBox: SecretBox, row: SigningKeyRow) {
  const privateJwk = secretBox.open(row.privateJwk, purpose(row.id));
  return importKey({ ...row, privateJwk }, row.algorithm);
}

function purpose(id: string): string {
  return `signing-key:${id}`;
}
