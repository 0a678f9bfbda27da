import type { Services } from '../../core/services.ts';
import { listOldKeys, type OldKey } from './store.ts';
import { hashPrefix } from '../../authentication/key-text.ts';

const BATCH = 500;

/**
 * The live API keys that are kept under another SECRET_KEY than the first. The server does not have their
 * texts: their next use brings each under the first key, and without the other key that use is refused.
 */
export async function* oldApiKeys({
  db,
  clock,
  keyedHashes,
}: Pick<Services, 'db' | 'clock' | 'keyedHashes'>): AsyncGenerator<OldKey> {
  const prefix = hashPrefix(keyedHashes[0]);
  for (let after = ''; ;) {
    const batch = await listOldKeys(db, { prefix, now: clock.now(), after, take: BATCH });
    yield* batch;
    after = batch.at(-1)?.id ?? after;
    if (batch.length < BATCH) return;
  }
}
