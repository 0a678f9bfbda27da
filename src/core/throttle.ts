import type { ThrottleKind } from './throttle-policy.ts';

/** One count: which law it obeys, and of whom or what it is. */
export interface Bucket {
  readonly kind: ThrottleKind;
  readonly of: readonly string[];
}

export type Buckets = readonly [Bucket, ...Bucket[]];

/** An attempt that is counted already, as one that failed. */
export interface Attempt {
  /**
   * The credential was right: what stood against it is taken back, and against these places of the same
   * account too, which are trusted from now on.
   */
  readonly succeeded: (places?: readonly Bucket[]) => Promise<void>;
  /** Nothing was tried after all. Does nothing once the attempt has succeeded. */
  readonly givenBack: () => Promise<void>;
}

export interface Throttles {
  /** Counts an attempt before it is made; refuses it with RATE_LIMITED and the seconds to wait. */
  readonly claim: (buckets: Buckets) => Promise<Attempt>;
  /** Takes back what stands against places, which are trusted from now on. */
  readonly trust: (places: readonly Bucket[]) => Promise<void>;
}

/** Stands for an attempt that is not counted. */
export const UNCOUNTED: Attempt = {
  succeeded: async () => undefined,
  givenBack: async () => undefined,
};
