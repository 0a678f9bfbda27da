import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder, takeFile } from './private-files.ts';

/** Where the operator of this machine finds the setup token. */
export function setupTokenFile(dataDir: string): string {
  return join(dataDir, 'setup-token');
}

/** Writes the setup token for the owner of the folder only, whole or not at all. */
export async function writeSetupTokenFile(dataDir: string, token: string): Promise<void> {
  const file = setupTokenFile(dataDir);
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  makePrivateFolder(dataDir);
  try {
    await writeFile(draft, `${token}\n`, { mode: 0o600, flag: 'wx' });
    await rename(draft, file);
    takeFile(file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

export async function removeSetupTokenFile(dataDir: string): Promise<void> {
  await rm(setupTokenFile(dataDir), { force: true });
}
