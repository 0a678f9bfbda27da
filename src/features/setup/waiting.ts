import {
  removeSetupTokenFile,
  setupTokenFile,
  writeSetupTokenFile,
} from '../../adapters/setup-token-file.ts';
import type { Services } from '../../core/services.ts';
import { hasUsers } from '../users/store.ts';
import { readOrMakeSetupToken } from './token.ts';
import { deleteSetupToken } from './token-store.ts';

/** What the operator needs in order to set up an installation that asks for the setup token. */
export interface WaitingSetup {
  /** Undefined where the operator chose the token (SETUP_TOKEN). */
  readonly token: string | undefined;
  /** The file that holds the token; undefined where there is none. */
  readonly file: string | undefined;
}

/** How often a process looks whether another one, or a command, has made the first user. */
const POLL_MS = 10_000;

/** Readies the setup token while there are no users. Returns undefined where setup asks for none. */
export async function prepareSetup(services: Services): Promise<WaitingSetup | undefined> {
  const { config, db } = services;
  if (await hasUsers(db.prisma)) {
    await forgetSetupToken(services);
    return undefined;
  }
  if (config.openSetup) return undefined;
  if (config.setupToken !== undefined) {
    await removeSetupTokenFile(config.dataDir);
    return { token: undefined, file: undefined };
  }
  const token = await readOrMakeSetupToken(services);
  return { token, file: await keepInFile(services, token) };
}

async function keepInFile({ config, log }: Services, token: string): Promise<string | undefined> {
  try {
    await writeSetupTokenFile(config.dataDir, token);
    return setupTokenFile(config.dataDir);
  } catch (error) {
    log.warn({ err: error }, 'the setup token cannot be kept in DATA_DIR');
    return undefined;
  }
}

/** Removes the setup token and its file once there is a user. Returns a function that stops it. */
export function forgetTokenAfterSetup(services: Services): () => void {
  const { changes, db, log } = services;
  const look = async () => {
    if (!(await hasUsers(db.prisma))) return;
    stop();
    await forgetSetupToken(services);
  };
  const attempt = () => {
    look().catch((error: unknown) => {
      log.warn({ err: error }, 'the setup token could not be removed');
    });
  };
  const unsubscribe = changes.subscribe(({ kind }) => {
    if (kind === 'auth' || kind === 'gap') attempt();
  });
  const timer = setInterval(attempt, POLL_MS);
  timer.unref();
  const stop = () => {
    unsubscribe();
    clearInterval(timer);
  };
  attempt();
  return stop;
}

async function forgetSetupToken({ config, db }: Services): Promise<void> {
  await deleteSetupToken(db.prisma);
  await removeSetupTokenFile(config.dataDir);
}
