import type { Readable, Writable } from 'node:stream';
import type { parseArgs, ParseArgsConfig } from 'node:util';

/** What a command reads and writes instead of the process. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether a person watches `stderr`. */
  readonly isWatched: boolean;
}

type Options = NonNullable<ParseArgsConfig['options']>;
export type Arguments = Pick<ReturnType<typeof parseArgs>, 'values' | 'positionals'>;

/** One command of the command line. */
export interface Command {
  /** What follows its name. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  readonly options: Options;
  /** How many arguments it takes besides options. */
  readonly positionals: number;
  /** Answers the exit code. */
  readonly run: (terminal: Terminal, args: Arguments) => Promise<number>;
}
