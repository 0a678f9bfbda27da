/** What a check of a password takes. */
export interface Work {
  /** In units of what argon2 does to fill one KiB once: about 0.4 microseconds of one core. */
  readonly units: number;
  readonly memoryKib: number;
}

/** An argon2id hash at the default settings has 38,912 units, so this is 27 times such a hash. */
export const MAX_UNITS = 2 ** 20;
/** 128 MiB: each of the hashes that are checked at once may take as much. */
export const MAX_MEMORY_KIB = 2 ** 17;

/** Lanes of argon2: each may have a thread of its own. */
export const MAX_ARGON2_LANES = 16;

/** Whether a check is cheap enough not to hold up the other sign-ins. */
export function isAffordable(work: Work | undefined): boolean {
  return work !== undefined && work.units <= MAX_UNITS && work.memoryKib <= MAX_MEMORY_KIB;
}

export function argon2Work(memoryKib: number, passes: number): Work {
  return { units: memoryKib * passes, memoryKib };
}
