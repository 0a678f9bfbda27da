import { reasonOf, type Stop } from '../adapters/stop.ts';
import { AppError } from '../errors.ts';

/** What a write is known by to those that wait for the same. */
export interface WriteKind {
  /** The same for writes that do the same. */
  readonly kind: string;
  /** The same for writes of one kind that change the same row. */
  readonly row?: string | undefined;
  readonly signal?: Stop | undefined;
}

export interface WriteGateOptions {
  /** Writes under way at a time. */
  readonly places: number;
  /** How long one waits for its turn. */
  readonly waitMs: number;
  /** Whether an error means that something is locked for long. */
  readonly isStuck: (error: unknown) => boolean;
}

/** Runs writes in turn. Rejects with OVERLOADED what would wait too long. */
export type WriteGate = <T>(what: WriteKind, work: () => Promise<T>) => Promise<T>;

interface Waiting {
  readonly row: string | undefined;
  readonly begin: () => void;
}

interface Kind {
  running: number;
  /** Whether the last one ended at a lock. */
  isStuck: boolean;
  readonly rows: Map<string, number>;
  readonly waiting: Set<Waiting>;
}

/** Writes to one row wait for each other in the database anyway: here they take no further places. */
const MOST_OF_A_ROW = 2;
const MOST_WAITING = 2000;
/** Idle ones are forgotten beyond: there are more texts only where they differ by the length of a list. */
const MOST_KINDS = 200;
const RETRY_AFTER_SECONDS = 1;

/**
 * Keeps a row that somebody has locked for long from taking all places: no row has more than two of them,
 * no kind of write more than two thirds, one that has just ended at a lock only one until it succeeds, and
 * a place that becomes free goes to the kind that has fewest.
 */
export function createWriteGate({ places, waitMs, isStuck }: WriteGateOptions): WriteGate {
  const kinds = new Map<string, Kind>();
  const mostOfKind = Math.max(1, places - Math.floor(places / 3));
  let [running, waiting] = [0, 0];

  const canBegin = (kind: Kind, row: string | undefined) =>
    running < places &&
    kind.running < (kind.isStuck ? 1 : mostOfKind) &&
    (row === undefined || (kind.rows.get(row) ?? 0) < MOST_OF_A_ROW);
  const take = (kind: Kind, row: string | undefined) => {
    running++;
    kind.running++;
    if (row !== undefined) kind.rows.set(row, (kind.rows.get(row) ?? 0) + 1);
  };
  const leave = (kind: Kind, row: string | undefined) => {
    running--;
    kind.running--;
    if (row === undefined) return;
    const others = (kind.rows.get(row) ?? 1) - 1;
    if (others === 0) kind.rows.delete(row);
    else kind.rows.set(row, others);
  };
  const beginNext = () => {
    while (waiting > 0 && running < places) {
      const next = nextOf(kinds, canBegin);
      if (!next) return;
      next.begin();
    }
  };

  /** Resolves once a place is taken. */
  const waitFor = (kind: Kind, { row, signal }: WriteKind) =>
    new Promise<void>((resolve, reject) => {
      const end = () => {
        waiting--;
        kind.waiting.delete(one);
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const one: Waiting = {
        row,
        begin: () => {
          end();
          take(kind, row);
          resolve();
        },
      };
      const giveUp = (error: Error) => {
        end();
        reject(error);
      };
      const abort = () => giveUp(signal ? reasonOf(signal) : overloaded());
      const timer = setTimeout(() => giveUp(overloaded()), waitMs);
      signal?.addEventListener('abort', abort);
      kind.waiting.add(one);
      waiting++;
      beginNext();
    });

  return async (what, work) => {
    what.signal?.throwIfAborted();
    const kind = kindOf(kinds, what.kind);
    if (waiting === 0 && canBegin(kind, what.row)) take(kind, what.row);
    else if (waiting < MOST_WAITING) await waitFor(kind, what);
    else throw overloaded();
    try {
      const result = await work();
      kind.isStuck = false;
      return result;
    } catch (error) {
      if (isStuck(error)) kind.isStuck = true;
      throw error;
    } finally {
      leave(kind, what.row);
      beginNext();
    }
  };
}

/** The first that may begin, of the kind that has fewest places. */
function nextOf(
  kinds: ReadonlyMap<string, Kind>,
  canBegin: (kind: Kind, row: string | undefined) => boolean,
): Waiting | undefined {
  let [found, fewest]: [Waiting | undefined, number] = [undefined, Infinity];
  for (const kind of kinds.values()) {
    if (kind.running >= fewest) continue;
    for (const one of kind.waiting) {
      if (!canBegin(kind, one.row)) continue;
      [found, fewest] = [one, kind.running];
      break;
    }
  }
  return found;
}

function kindOf(kinds: Map<string, Kind>, name: string): Kind {
  const known = kinds.get(name);
  if (known) return known;
  if (kinds.size >= MOST_KINDS) {
    for (const [other, kind] of kinds) if (isIdle(kind)) kinds.delete(other);
  }
  const kind: Kind = { running: 0, isStuck: false, rows: new Map(), waiting: new Set() };
  kinds.set(name, kind);
  return kind;
}

function isIdle(kind: Kind): boolean {
  return kind.running === 0 && kind.waiting.size === 0;
}

function overloaded(): AppError {
  return new AppError('OVERLOADED', { retryAfterSeconds: RETRY_AFTER_SECONDS });
}
