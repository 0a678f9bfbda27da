/** Takes one token; false where there is none left. */
export type TokenBucket = () => boolean;

/** A bucket of `burst` tokens that gets `perSecond` of them back. */
export function createTokenBucket(burst: number, perSecond: number): TokenBucket {
  let left = burst;
  let at = performance.now();
  return () => {
    const now = performance.now();
    left = Math.min(burst, left + ((now - at) / 1000) * perSecond);
    at = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
