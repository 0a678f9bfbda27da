import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { providers } from '../support/database.ts';
import { type InterruptedStarts, openInterruptedStarts } from '../support/interrupted-starts.ts';
import { TEST_LONG } from '../support/long.ts';

/** `npm run drill:migration` does a hundred of each. */
const ROUNDS = TEST_LONG ? 6 : 1;

describe.each(providers)('a start on %s that is ended while it migrates', (provider) => {
  let starts: InterruptedStarts;
  beforeAll(async () => {
    starts = await openInterruptedStarts(provider);
  });
  afterAll(() => starts.close());

  it.each([
    ['SIGKILL', 'an empty database'],
    ['SIGKILL', 'an older release'],
    ['SIGTERM', 'an empty database'],
    ['SIGTERM', 'an older release'],
  ] as const)('by %s from %s does not keep the next one from starting', async (signal, from) => {
    for (let round = 0; round < ROUNDS; round++) {
      expect((await starts.once({ signal, from })).faults).toEqual([]);
    }
  });
});
