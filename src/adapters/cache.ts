import { LRUCache } from 'lru-cache';

interface Bounds<V> {
  /** The most entries that it holds. */
  readonly entries: number;
  /** The most bytes that all entries take together. */
  readonly bytes: number;
  /** The bytes that one entry takes, or a little more. */
  readonly bytesOf: (value: V, key: string) => number;
  /** Is told of an entry that goes and is not replaced. */
  readonly onDrop?: (value: V, key: string) => void;
}

/** What was read or made lately, by a text. */
export interface Cache<V> {
  readonly get: (key: string) => V | undefined;
  /** Keeps an entry; one that is larger than all entries may be is not kept. */
  readonly set: (key: string, value: V) => void;
  readonly delete: (key: string) => void;
  readonly clear: () => void;
  /** How many entries it holds, and how many bytes these take. */
  readonly size: () => { readonly entries: number; readonly bytes: number };
}

/**
 * Makes a cache that forgets the least recently used entry. It is bounded by bytes: an entry may hold
 * text that a client wrote, so a number of entries says nothing about memory.
 */
export function createCache<V extends NonNullable<unknown>>(bounds: Bounds<V>): Cache<V> {
  const { entries, bytes, bytesOf, onDrop } = bounds;
  const lru = new LRUCache<string, V>({
    max: entries,
    maxSize: bytes,
    sizeCalculation: (value, key) => Math.ceil(bytesOf(value, key)),
    ...(onDrop && { noDisposeOnSet: true, dispose: (value, key) => onDrop(value, key) }),
  });
  return {
    get: (key) => lru.get(key),
    set: (key, value) => void lru.set(key, value),
    delete: (key) => void lru.delete(key),
    clear: () => lru.clear(),
    size: () => ({ entries: lru.size, bytes: lru.calculatedSize }),
  };
}

/** What an entry of a cache takes besides its texts: the key's place, the value's object and the links. */
const ENTRY_BYTES = 256;
const MEMBER_BYTES = 32;

/** The bytes of an entry that holds texts. */
export function bytesOfTexts(...texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + MEMBER_BYTES + 2 * text.length, ENTRY_BYTES);
}

/** The bytes of an entry that holds a row of the database, with the rows in it. */
export function bytesOfRow(row: object): number {
  let sum = ENTRY_BYTES;
  for (const value of Object.values(row) as readonly unknown[]) {
    if (typeof value === 'string') sum += 2 * value.length;
    else if (typeof value === 'object' && value !== null) sum += bytesOfRow(value);
    sum += MEMBER_BYTES;
  }
  return sum;
}
