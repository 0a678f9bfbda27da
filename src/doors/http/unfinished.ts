/** What the bodies that are not whole yet may take together: so many small ones at once send no clients. */
const MOST_BYTES = 2 ** 25;
/** What a piece of a body takes besides its bytes. */
const PIECE_BYTES = 128;

/** What each unfinished body takes, by how to give it up, the oldest first. */
const unfinished = new Map<() => void, number>();
let bytes = 0;

/**
 * Takes note of an unfinished body as it grows. Where all take too much, the oldest is given up: one that is
 * sent in earnest is whole in a moment, so nobody is kept out by those who never send the rest.
 */
export function holdUnfinished(giveUp: () => void, size: number, pieces: number): void {
  const taken = size + pieces * PIECE_BYTES;
  bytes += taken - (unfinished.get(giveUp) ?? 0);
  unfinished.set(giveUp, taken);
  for (const [oldest] of unfinished) {
    if (bytes <= MOST_BYTES) return;
    releaseUnfinished(oldest);
    oldest();
  }
}

/** The body is whole, counted elsewhere or gone. */
export function releaseUnfinished(giveUp: () => void): void {
  bytes -= unfinished.get(giveUp) ?? 0;
  unfinished.delete(giveUp);
}
