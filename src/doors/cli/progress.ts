import type { Terminal } from './command.ts';

export interface Progress {
  /** Tells how far it is: how many were read, and what part of all of it where that is known. */
  readonly tell: (lines: number, part: number | undefined) => void;
  /** Clears the way for other output. */
  readonly clear: () => void;
}

const WIDTH = 30;
const LINES_BETWEEN = 10_000;
const CLEAR = '\r\u001b[K';

/** A bar that moves where a person watches, a line every 10,000 otherwise. */
export function createProgress({ stderr, isWatched }: Terminal, what = 'lines'): Progress {
  let told = 0;
  return {
    tell: (lines, part) => {
      const state = `${lines.toLocaleString('en')} ${what}${part === undefined ? '' : `, ${percent(part)}`}`;
      if (isWatched) stderr.write(`${CLEAR}${part === undefined ? '' : bar(part)}${state}`);
      else if (lines - told >= LINES_BETWEEN) {
        told = lines;
        stderr.write(`${state}\n`);
      }
    },
    clear: () => {
      if (isWatched) stderr.write(CLEAR);
    },
  };
}

function bar(part: number): string {
  const done = Math.round(part * WIDTH);
  return `[${'#'.repeat(done)}${'.'.repeat(WIDTH - done)}] `;
}

function percent(part: number): string {
  return `${Math.floor(part * 100)} %`;
}
