import { chmodSync, chownSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const FOLDER = 0o700;
const FILE = 0o600;
const STICKY = 0o1000;

/** Makes a folder, and those above it that are missing, for their owner only. */
export function makePrivateFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: FOLDER });
  if (first === undefined) return;
  const made = [resolve(path)];
  for (let at = resolve(path); at !== resolve(first); at = dirname(at)) made.unshift(dirname(at));
  for (const folder of made) giveToFolderOwner(folder);
}

/**
 * Takes a folder from everybody but its owner, where it is there. One that others are meant to use stays as it
 * is: a folder like /tmp, or the one that the process runs in.
 */
export function takeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  const isShared =
    found === undefined || (found.mode & STICKY) !== 0 || resolve(path) === resolve();
  if (!isShared) restrict(path, found.mode, FOLDER);
}

/** Makes an empty file for its owner only; whether it was made. One that is there is left as it is. */
export function makePrivateFile(path: string): boolean {
  try {
    closeSync(openSync(path, 'wx', FILE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  takeFile(path);
  return true;
}

/** Takes a file from everybody but its owner, where it is there. Opens nothing, which would end SQLite's locks. */
export function takeFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return;
  restrict(path, found.mode, FILE);
  giveToFolderOwner(path);
}

/**
 * What the superuser makes belongs to whom the folder belongs: a command that was run as root leaves nothing that
 * the server, which is not, cannot write.
 */
function giveToFolderOwner(path: string): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(dirname(path));
  if (statSync(path).uid !== uid) chownSync(path, uid, gid);
}

function restrict(path: string, is: number, wanted: number): void {
  if ((is & 0o777) === wanted) return;
  try {
    chmodSync(path, wanted);
  } catch {
    // It belongs to another user, or the disk has no modes: `doctor` tells of it.
  }
}
