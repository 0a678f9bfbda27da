import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One a line, folded and in the order of their code units; found the same from src and from dist. */
export const COMMON_PASSWORDS_FILE = fileURLToPath(
  new URL('../../lists/common-passwords.txt', import.meta.url),
);

let list: string | undefined;

/**
 * Whether a folded password is on the list of common and breached ones. The list is read when it is
 * first asked for and kept as the one text of 0.4 MB that it is.
 */
export function isCommonPassword(password: string): boolean {
  list ??= readFileSync(COMMON_PASSWORDS_FILE, 'latin1');
  let [from, to] = [0, list.length];
  while (from < to) {
    const start = list.lastIndexOf('\n', Math.floor((from + to) / 2) - 1) + 1;
    const end = list.indexOf('\n', start);
    const line = list.slice(start, end);
    if (line === password) return true;
    if (line < password) from = end + 1;
    else to = start;
  }
  return false;
}
