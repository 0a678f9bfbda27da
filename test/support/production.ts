import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { prepareSetup } from '../../src/features/setup/waiting.ts';
import { startApp, type TestOptions } from './app.ts';
import { FOLDERS } from './folders.ts';
import { countingHasher } from './hasher.ts';

/** What production demands of hashes; the hasher of the tests is cheap all the same. */
const PRODUCTION = { PROFILE: 'production', ARGON2_MEMORY_KIB: '19456', ARGON2_TIME: '2' };

/** The app as production has it, with the setup token that its start made. */
export async function startInProduction(options: TestOptions = {}) {
  const folder = mkdtempSync(join(FOLDERS, 'vestibule-production-'));
  const env: Record<string, string> = { ...PRODUCTION, DATA_DIR: folder, ...options.env };
  const { hasher } = countingHasher();
  const app = await startApp({ hasher, ...options, env });
  const waiting = await prepareSetup(app.services);
  return {
    ...app,
    folder,
    /** Undefined where the environment gave one, or none is asked for. */
    token: waiting?.token ?? env['SETUP_TOKEN'],
    readFile: () => readFileSync(join(folder, 'setup-token'), 'utf8').trim(),
    close: async () => {
      await app.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type ProductionApp = Awaited<ReturnType<typeof startInProduction>>;
