/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/**
 * How often a value of one sample is below one of the other (Mann–Whitney U over n × m): a half where
 * nothing tells them apart, whatever the noise looks like; its spread is 1 / sqrt(6 n) for two of n.
 */
export function shareBelow(one: readonly number[], other: readonly number[]): number {
  let below = 0;
  for (const a of one) for (const b of other) below += a < b ? 1 : a === b ? 0.5 : 0;
  return below / (one.length * other.length);
}
