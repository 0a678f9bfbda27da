import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateFolder, takeFile } from './private-files.ts';
import { SecretKeyError } from './secret-box.ts';

const KEY_BYTES = 32;

/**
 * The secret key of an installation that was not given one: made once and kept beside its database,
 * readable by its owner only. Two processes that start at once agree on one.
 */
export function readOrMakeSecretKey(dataDir: string): string {
  const file = join(dataDir, 'secret.key');
  makePrivateFolder(dataDir);
  if (!existsSync(file)) makeKeyFile(file);
  takeFile(file);
  const key = readFileSync(file, 'utf8').trim();
  if (Buffer.byteLength(key) >= KEY_BYTES) return key;
  throw new SecretKeyError(`The secret key in ${file} is cut short: put the whole one back.`);
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
