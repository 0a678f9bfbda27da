import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { normalized } from '../core/text.ts';

/** A line for each prototype, then the characters that look like it, as code points; found the same from dist. */
export const CONFUSABLES_FILE = fileURLToPath(
  new URL('../../lists/confusables.txt', import.meta.url),
);

let prototypes: ReadonlyMap<string, string> | undefined;

/** What a text looks like: two that can be taken for one another have one skeleton (UTS 39, section 4). */
export function skeletonOf(text: string): string {
  prototypes ??= readPrototypes();
  let skeleton = '';
  for (const character of normalized(text, 'NFD')) {
    skeleton += prototypes.get(character) ?? character;
  }
  return normalized(skeleton, 'NFD');
}

function readPrototypes(): ReadonlyMap<string, string> {
  const lines = readFileSync(CONFUSABLES_FILE, 'latin1').trimEnd().split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [prototype = '', ...others] = line.split(' ').map(fromCodePoints);
      return others.map((other) => [other, prototype] as const);
    }),
  );
}

function fromCodePoints(text: string): string {
  return String.fromCodePoint(...text.split('+').map((digits) => parseInt(digits, 16)));
}
