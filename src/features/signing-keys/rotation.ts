import { addSeconds, toEpochSeconds } from '../../adapters/clock.ts';
import { change } from '../../core/change.ts';
import { systemContext } from '../../core/system-context.ts';
import type { Services } from '../../core/services.ts';
import { makeKey } from './key-ring.ts';
import { JWKS_MAX_AGE_SECONDS } from './rules.ts';
import { insertSigningKey, listSigningKeys, promoteNextKey, retireActiveKey } from './store.ts';

/** A key signs only when everybody who keeps the published keys must have seen it. */
const PUBLISHED_SECONDS = 2 * JWKS_MAX_AGE_SECONDS;
/** How often every process reads the keys. */
const POLL_SECONDS = 30;
/** The new key signs from then on: all processes have read of it before. */
const LEAD_SECONDS = 2 * POLL_SECONDS;
const DAY_SECONDS = 86_400;

export type Rotation =
  | { readonly outcome: 'ROTATED'; readonly keyId: string; readonly activeFrom: Date }
  /** Another did it at the same moment. */
  | { readonly outcome: 'BEATEN' }
  /** The next key is not known everywhere before `readyAt`. */
  | { readonly outcome: 'TOO_SOON'; readonly readyAt: Date };

/**
 * Lets the next key sign and publishes one to follow it. What the former key signed counts until it runs
 * out. Of any number at once one rotates.
 * @param by the name in the audit trail
 * @param force whether even a next key that nobody can have seen yet may sign
 */
export async function rotateKeys(
  services: Services,
  { by, force }: { readonly by: string; readonly force: boolean },
): Promise<Rotation> {
  const { db, clock, keys } = services;
  const rows = await listSigningKeys(db);
  const [active, next] = ['ACTIVE', 'NEXT'].map((slot) => rows.find((row) => row.slot === slot));
  if (!active || !next) throw new Error('there is no key to rotate');
  const readyAt = addSeconds(next.createdAt, PUBLISHED_SECONDS);
  if (!force && clock.now() < readyAt) return { outcome: 'TOO_SOON', readyAt };

  const following = await makeKey(services, 'NEXT');
  const activeFrom = addSeconds(clock.now(), LEAD_SECONDS);
  const isDone = await change(systemContext(services, by), async ({ tx, audit }) => {
    if (!(await retireActiveKey(tx, active.id, activeFrom))) return false;
    if (!(await promoteNextKey(tx, next.id, activeFrom))) throw new Error('there is no next key');
    await insertSigningKey(tx, following);
    audit({ action: 'keys.rotated', target: { type: 'signingKey', id: next.id } });
    return true;
  });
  await keys.reload();
  return isDone ? { outcome: 'ROTATED', keyId: next.id, activeFrom } : { outcome: 'BEATEN' };
}

/** Reads what other processes did to the keys, and rotates when it is time. */
export async function tendKeys(services: Services): Promise<void> {
  const { db, clock, config, keys, log } = services;
  const now = clock.now();
  await keys.reload();
  const active = (await listSigningKeys(db)).find(({ slot }) => slot === 'ACTIVE');
  const days = config.signingKeyRotateDays;
  if (days === 0 || !active?.activeFrom) return;
  const age = toEpochSeconds(now) - toEpochSeconds(active.activeFrom);
  if (age < days * DAY_SECONDS) return;
  const rotation = await rotateKeys(services, { by: 'vestibule', force: false });
  if (rotation.outcome === 'ROTATED') log.info({ keyId: rotation.keyId }, 'signing key rotated');
}

/** Tends to the keys for as long as the process runs; answers how to stop. */
export function startKeyUpkeep(services: Services): () => Promise<void> {
  let round = Promise.resolve();
  const timer = setInterval(() => {
    round = tendKeys(services).catch((error: unknown) => {
      services.log.warn({ err: error }, 'the signing keys were not tended to');
    });
  }, POLL_SECONDS * 1000);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await round;
  };
}
