import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateFolder, takeFile } from './private-files.ts';
import { SecretKeyError } from './secret-box.ts';

const KEY_BYTES = 32;

/** Where an installation that was not given a secret key keeps its own. */
export function secretKeyFile(dataDir: string): string {
  return join(dataDir, 'secret.key');
}

/**
 * The secret key of an installation that was not given one: made once and kept beside its database,
 * readable by its owner only. Two processes that start at once agree on one. No key is made for a database that
 * `isSealed`: what is stored there was sealed with another, which is missing.
 * @throws SecretKeyError
 */
export async function readOrMakeSecretKey(
  dataDir: string,
  isSealed: () => Promise<boolean>,
): Promise<string> {
  const file = secretKeyFile(dataDir);
  makePrivateFolder(dataDir);
  // Asked first: another process may make both the key and what is sealed with it meanwhile.
  const wasSealed = await isSealed();
  if (!existsSync(file)) {
    if (wasSealed) throw new SecretKeyError(missing(file));
    makeKeyFile(file);
  }
  takeFile(file);
  const key = readFileSync(file, 'utf8').trim();
  if (Buffer.byteLength(key) >= KEY_BYTES) return key;
  throw new SecretKeyError(`The secret key in ${file} is cut short: put the whole one back.`);
}

function missing(file: string): string {
  return `The secret key of this database is missing: put it back as ${file}, or set SECRET_KEY to it. A new one would open nothing of what is stored.`;
}

/** The file appears whole or not at all: who sees it half-written would encrypt under half a key. */
function makeKeyFile(file: string): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const key = `${randomBytes(KEY_BYTES).toString('base64url')}\n`;
  writeFileSync(draft, key, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
}
