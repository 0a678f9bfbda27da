import { availableParallelism } from 'node:os';
import { createHasher } from '../../adapters/hasher.ts';
import { MAX_MEMORY_KIB, MAX_UNITS } from '../../adapters/password-hashes/work.ts';
import { OperatorError } from '../../core/operator-error.ts';
import type { Command } from './command.ts';

/** What OWASP asks for at least; production does not start with less. */
const FLOOR = { memoryKib: 19_456, time: 2 } as const;
const DEFAULT_TARGET_MS = 250;
const DEFAULT_MAX_MEMORY_MIB = MAX_MEMORY_KIB / 1024;
const KIB = 1024;
const RUNS = 5;

interface Settings {
  readonly memoryKib: number;
  readonly time: number;
}

export const calibrateCommand: Command = {
  usage: '[--target-ms <250>] [--max-memory-mib <128>]',
  summary:
    'Measures how long a password hash takes on this machine, and prints settings that come near the time that a sign-in may cost. Memory comes first: it is what makes guessing dear.',
  options: { 'target-ms': { type: 'string' }, 'max-memory-mib': { type: 'string' } },
  positionals: 0,
  run: async ({ stdout }, { values }) => {
    const targetMs = number('target-ms', values['target-ms'], DEFAULT_TARGET_MS);
    const maxMib = number('max-memory-mib', values['max-memory-mib'], DEFAULT_MAX_MEMORY_MIB);
    const settings = await choose(targetMs, maxMib * KIB);
    const took = await measure(settings);
    const concurrency = Math.max(1, Math.min(availableParallelism(), 3));
    const aSecond = (concurrency * 1000) / took;
    stdout.write(
      `# ${took.toFixed(0)} ms a hash; about ${aSecond.toFixed(1)} sign-ins a second, ` +
        `${Math.ceil((concurrency * settings.memoryKib) / KIB)} MiB at once\n` +
        `ARGON2_MEMORY_KIB=${settings.memoryKib}\nARGON2_TIME=${settings.time}\n` +
        `ARGON2_PARALLELISM=1\nHASH_CONCURRENCY=${concurrency}\n`,
    );
    if (took > targetMs * 1.5) {
      stdout.write('# the least that is safe takes longer here than was asked for\n');
    }
    return 0;
  },
};

/** The time grows with both: as much memory as there may be, then passes over it. */
async function choose(targetMs: number, maxKib: number): Promise<Settings> {
  const scale = targetMs / (await measure(FLOOR));
  const wanted = Math.round((FLOOR.memoryKib * scale) / KIB) * KIB;
  const memoryKib = Math.max(FLOOR.memoryKib, Math.min(wanted, maxKib, MAX_MEMORY_KIB));
  const atTwo = await measure({ memoryKib, time: FLOOR.time });
  const time = Math.max(FLOOR.time, Math.round((FLOOR.time * targetMs) / atTwo));
  return { memoryKib, time: Math.min(time, Math.floor(MAX_UNITS / memoryKib)) };
}

/** The median of a few, in milliseconds; the first is thrown away. */
async function measure({ memoryKib, time }: Settings): Promise<number> {
  const hasher = createHasher({ memoryKib, time, parallelism: 1, concurrency: 1, queueLimit: 0 });
  const took: number[] = [];
  for (let run = 0; run <= RUNS; run++) {
    const begun = performance.now();
    await hasher.hash('a password of usual length');
    took.push(performance.now() - begun);
  }
  return took.slice(1).sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0;
}

function number(
  name: string,
  given: string | boolean | (string | boolean)[] | undefined,
  fallback: number,
): number {
  if (given === undefined) return fallback;
  const value = Number(given);
  if (Number.isInteger(value) && value >= 1 && value <= 100_000) return value;
  throw new OperatorError(`--${name} must be a whole number from 1 to 100000`);
}
