import { distance } from 'fastest-levenshtein';
import { ENVIRONMENT } from './environment.ts';
import { fileVariable, SECRET_VARIABLES } from './secret-files.ts';

/** A variable that looks like one of ours and is none. */
export interface Misspelt {
  readonly given: string;
  readonly meant: string;
}

const OURS: readonly string[] = [
  ...Object.keys(ENVIRONMENT.shape),
  ...SECRET_VARIABLES.map(fileVariable),
];
const KNOWN: ReadonlySet<string> = new Set(OURS);
const PREFIX = /^VESTIBULE_/;
/** Shorter names are as near to those of other programs. */
const SHORTEST = 6;
const MAX_LENGTH = 64;

/**
 * The variables of an environment that are set, read by nobody, and so near to one of ours that they must be
 * meant for it: up to two letters off, in another case, or with the name of the server before them.
 */
export function misspelt(env: Readonly<Record<string, string | undefined>>): readonly Misspelt[] {
  return Object.keys(env)
    .filter((given) => env[given] && !KNOWN.has(given) && given.length <= MAX_LENGTH)
    .flatMap((given) => {
      const meant = nearest(given.toUpperCase().replace(PREFIX, ''));
      return meant === undefined || env[meant] ? [] : [{ given, meant }];
    });
}

function nearest(name: string): string | undefined {
  if (KNOWN.has(name)) return name;
  if (name.length < SHORTEST) return undefined;
  const [best] = OURS.map((ours) => ({ ours, apart: distance(name, ours) })).sort(
    (a, b) => a.apart - b.apart,
  );
  const most = name.length < SHORTEST + 2 ? 1 : 2;
  return best && best.apart <= most ? best.ours : undefined;
}
