import type { JSONWebKeySet } from 'jose';
import { addSeconds, type Clock } from '../../adapters/clock.ts';
import { generateKey, importKey, type KeyRing, type SigningKey } from '../../adapters/jwk.ts';
import type { Random } from '../../adapters/random.ts';
import type { SecretBox } from '../../adapters/secret-box.ts';
import type { Config } from '../../config/config.ts';
import type { Database } from '../../db/database.ts';
import {
  insertFirstKey,
  listSigningKeys,
  retireOtherAlgorithms,
  type SigningKeyRow,
} from './store.ts';

export interface KeyRingServices {
  readonly db: Database;
  readonly secretBox: SecretBox;
  readonly clock: Clock;
  readonly random: Random;
  readonly config: Pick<Config, 'jwtAlg' | 'accessTokenSeconds'>;
}

/** How long a reading answers for keys that it does not have: a stranger can name any. */
const REREAD_MS = 1000;
/** How far the clocks of processes and of readers may be apart. */
const SLACK_SECONDS = 3600;

interface LoadedKey {
  readonly row: SigningKeyRow;
  readonly key: SigningKey;
}

/** Opens the signing keys; makes those that are missing. */
export async function openKeyRing(services: KeyRingServices): Promise<KeyRing> {
  await makeMissingKeys(services);
  let keys = await loadKeys(services, []);
  let reading: Promise<void> | undefined;
  let readAt = performance.now();

  const reload = () =>
    (reading ??= loadKeys(services, keys)
      .then((loaded) => {
        keys = loaded;
      })
      .finally(() => {
        readAt = performance.now();
        reading = undefined;
      }));
  const known = (id: string) => keys.find(({ row }) => row.id === id)?.key;

  return {
    reload,
    signingSince: () => {
      const now = services.clock.now();
      const times = keys.map(({ row }) => row.activeFrom);
      return times.find((time) => time !== null && time <= now) ?? undefined;
    },
    jwks: () => publicKeys(services, keys),
    keyAt: (moment) => {
      const signing = keys.filter(({ row }) => row.activeFrom !== null);
      const found = signing.find(({ row }) => row.activeFrom! <= moment) ?? signing.at(-1);
      if (!found) throw new Error('no key signs');
      return found.key;
    },
    find: async (id) => {
      const found = known(id);
      if (found || performance.now() - readAt < REREAD_MS) return found;
      await reload();
      return known(id);
    },
  };
}

/** A new key of the algorithm in use, its private part sealed. */
export async function makeKey(
  { secretBox, clock, random, config }: KeyRingServices,
  slot: 'ACTIVE' | 'NEXT',
): Promise<SigningKeyRow> {
  const algorithm = config.jwtAlg;
  const key = await generateKey(algorithm, random);
  const privateJwk = secretBox.seal(key.privateJwk, signingKeyPurpose(key.id));
  const createdAt = clock.now();
  const activeFrom = slot === 'ACTIVE' ? createdAt : null;
  return { ...key, privateJwk, algorithm, slot, createdAt, activeFrom, retiredAt: null };
}

export function signingKeyPurpose(id: string): string {
  return `signing-key:${id}`;
}

async function makeMissingKeys(services: KeyRingServices): Promise<void> {
  const { db, clock } = services;
  const algorithm = services.config.jwtAlg;
  const rows = await listSigningKeys(db);
  const has = (slot: string) =>
    rows.some((row) => row.slot === slot && row.algorithm === algorithm);
  const isWhole = has('ACTIVE') && has('NEXT');
  if (!isWhole) await retireOtherAlgorithms(db, { algorithm, now: clock.now() });
  for (const slot of ['ACTIVE', 'NEXT'] as const) {
    if (!has(slot)) await insertFirstKey(db, await makeKey(services, slot));
  }
}

/** A key never changes: those that are loaded are not decrypted again. */
async function loadKeys(
  { db, secretBox }: KeyRingServices,
  loaded: readonly LoadedKey[],
): Promise<readonly LoadedKey[]> {
  const rows = await listSigningKeys(db);
  return Promise.all(
    rows.map(async (row): Promise<LoadedKey> => {
      const known = loaded.find(({ key }) => key.id === row.id)?.key;
      return { row, key: known ?? (await unseal(secretBox, row)) };
    }),
  );
}

function unseal(secretBox: SecretBox, row: SigningKeyRow): Promise<SigningKey> {
  const privateJwk = secretBox.open(row.privateJwk, signingKeyPurpose(row.id));
  return importKey({ ...row, privateJwk }, row.algorithm);
}

/** Those that sign, are to sign, or have signed an access token that others may still have to verify. */
function publicKeys({ clock, config }: KeyRingServices, keys: readonly LoadedKey[]): JSONWebKeySet {
  const since = addSeconds(clock.now(), -config.accessTokenSeconds - SLACK_SECONDS);
  const published = keys.flatMap(({ row: { publicJwk, retiredAt } }) =>
    publicJwk === null || (retiredAt !== null && retiredAt < since) ? [] : [publicJwk],
  );
  return { keys: published.map((jwk) => JSON.parse(jwk) as object) };
}
