import { reasonOf, type Stop } from '../../../adapters/stop.ts';

/** What a write is known by to those that wait for the same. */
export interface WriteKind {
  /** The same for writes that do the same. */
  readonly kind: string;
  /** The same for writes of one kind that change the same row, or for what one user does. */
  readonly row?: string | undefined;
  /** Whether it takes several round trips. */
  readonly isLong?: boolean;
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

export interface WriteGate {
  /** Runs writes in turn. Rejects with WriteGateFull, which clients see as OVERLOADED, what would wait too long. */
  readonly run: <T>(what: WriteKind, work: () => Promise<T>) => Promise<T>;
  /** How many writes wait for their turn. */
  readonly waiting: () => number;
}

interface Waiting {
  readonly row: string | undefined;
  readonly begin: () => void;
}

interface Kind {
  readonly most: number;
  readonly mostOfRow: number;
  running: number;
  /** Whether the last ones ended at locks. */
  isStuck: boolean;
  /** The row at whose lock the last one ended: that alone says nothing of other rows. */
  stuckRow: string | undefined;
  /** How many are under way to each row. */
  readonly rows: Map<string, number>;
  readonly waiting: Set<Waiting>;
}

const MOST_WAITING = 2000;
/** Idle ones are forgotten beyond: there are more texts only where they differ by the length of a list. */
const MOST_KINDS = 200;

/**
 * Keeps a row that somebody has locked for long from taking all places: a row has one of them and a user
 * two for transactions, a kind of write no more than two thirds and transactions a half, a kind that ends
 * at locks of several only one until it succeeds, and a place that becomes free goes to the kind that has
 * fewest.
 */
export function createWriteGate({ places, waitMs, isStuck }: WriteGateOptions): WriteGate {
  const kinds = new Map<string, Kind>();
  let [running, waiting] = [0, 0];

  const canBegin = (kind: Kind, row: string | undefined) =>
    running < places &&
    kind.running < (kind.isStuck ? 1 : kind.most) &&
    (row === undefined || (kind.rows.get(row) ?? 0) < kind.mostOfRow);
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

  const inTurn: WriteGate['run'] = async (what, work) => {
    what.signal?.throwIfAborted();
    const kind = kindOf(kinds, what, places);
    if (waiting === 0 && canBegin(kind, what.row)) take(kind, what.row);
    else if (waiting < MOST_WAITING) await waitFor(kind, what);
    else throw overloaded();
    try {
      const result = await work();
      kind.isStuck = false;
      kind.stuckRow = undefined;
      return result;
    } catch (error) {
      if (isStuck(error)) noteStuck(kind, what.row);
      throw error;
    } finally {
      leave(kind, what.row);
      beginNext();
    }
  };
  return { run: inTurn, waiting: () => waiting };
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

function noteStuck(kind: Kind, row: string | undefined): void {
  const isSameRow = row !== undefined && (kind.stuckRow ?? row) === row;
  kind.stuckRow = row;
  if (!isSameRow) kind.isStuck = true;
}

function kindOf(kinds: Map<string, Kind>, { kind: name, isLong }: WriteKind, places: number): Kind {
  const known = kinds.get(name);
  if (known) return known;
  if (kinds.size >= MOST_KINDS) {
    for (const [other, kind] of kinds) if (isIdle(kind)) kinds.delete(other);
  }
  const kind: Kind = {
    most: Math.max(1, Math.ceil(places * (isLong ? 1 / 2 : 2 / 3))),
    // Single writes to a row wait for each other in the database anyway.
    mostOfRow: isLong ? 2 : 1,
    running: 0,
    isStuck: false,
    stuckRow: undefined,
    rows: new Map(),
    waiting: new Set(),
  };
  kinds.set(name, kind);
  return kind;
}

function isIdle(kind: Kind): boolean {
  return kind.running === 0 && kind.waiting.size === 0;
}

/**
 * A write found no place in time. It is an error of the database, not the AppError that clients see: a
 * throttle must not take it for one that comes before a credential is compared.
 */
class WriteGateFull extends Error {
  override readonly name = 'WriteGateFull';
}

function overloaded(): Error {
  return new WriteGateFull('the write found no place in time');
}
