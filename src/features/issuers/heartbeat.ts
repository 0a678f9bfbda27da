import { addSeconds, type Clock } from '../../adapters/clock.ts';
import type { Config } from '../../config/config.ts';
import type { Database } from '../../db/database.ts';
import type { Services } from '../../core/services.ts';
import { deleteIssuer, listIssuers, noteIssuer } from './store.ts';

const BEAT_SECONDS = 60;
/** How long after its last beat a process is taken for one that runs. */
const ALIVE_SECONDS = 150;

interface Asking {
  readonly db: Database;
  readonly clock: Clock;
  readonly config: Pick<Config, 'publicUrl'>;
}

/** The issuers (PUBLIC_URL) of running processes over this database that differ from the own one. */
export async function otherIssuers({ db, clock, config }: Asking): Promise<readonly string[]> {
  const issuers = await listIssuers(db, addSeconds(clock.now(), -ALIVE_SECONDS));
  return issuers.filter((issuer) => issuer !== config.publicUrl);
}

/** Shows the other processes over this database which issuer this one has, for as long as it runs. */
export async function startIssuerHeartbeat(services: Services): Promise<() => Promise<void>> {
  const { clock, config, db, log } = services;
  const beat = async () => {
    await noteIssuer(db, config.publicUrl, clock.now());
  };
  await beat();
  let round = Promise.resolve();
  const timer = setInterval(() => {
    round = beat().catch((error: unknown) => {
      log.warn({ err: error }, 'PUBLIC_URL could not be noted for the other processes');
    });
  }, BEAT_SECONDS * 1000);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await round;
    // The next start may have another one, and is no other process.
    await deleteIssuer(db, config.publicUrl);
  };
}
