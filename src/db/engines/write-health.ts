const PROBE_EVERY_MS = 1_000;
/** How long after the last refused write the database counts as one that takes none. */
const QUIET_MS = 3_000;

/** Knows whether the database takes writes. */
export interface WriteHealth {
  /** Records a write that was refused for a full disk and the like. */
  readonly failed: () => void;
  /** Whether writes work; tries one only where the last ones did not. */
  readonly works: () => Promise<boolean>;
}

/** @param tryWrite writes something that is of no use; throws where that fails */
export function createWriteHealth(tryWrite: () => Promise<void>): WriteHealth {
  let failedAt: number | undefined;
  let probe: Promise<boolean> | undefined;
  let probedAt = -Infinity;

  const tried = async () => {
    try {
      await tryWrite();
      return true;
    } catch {
      return false;
    }
  };
  const probeOnce = () => {
    if (probe && performance.now() - probedAt < PROBE_EVERY_MS) return probe;
    probedAt = performance.now();
    return (probe = tried());
  };

  return {
    failed: () => {
      failedAt = performance.now();
    },
    works: async () => {
      if (failedAt === undefined) return true;
      const works = await probeOnce();
      // One small write may still find room where others do not.
      if (works && performance.now() - failedAt > QUIET_MS) failedAt = undefined;
      return failedAt === undefined;
    },
  };
}
