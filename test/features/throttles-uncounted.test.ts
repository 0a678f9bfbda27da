import { describe, expect, it } from 'vitest';
import { startThrottledApp } from '../support/guesses.ts';
import { countingHasher } from '../support/hasher.ts';
import { setUpAdmin } from '../support/people.ts';

const WRONG = 'INVALID_CREDENTIALS';
const DAY = 24 * 3600;

describe('an attempt that finds the server too busy', () => {
  it('is no guess', async () => {
    const { hasher } = countingHasher({ concurrency: 1, queueLimit: 0 });
    const { app, guess, guessTimes } = await startThrottledApp({ hasher });
    try {
      await setUpAdmin(app);
      let outcomes: (string | number)[] = [];
      // Two at once are enough to be too many.
      for (let round = 0; round < 10 && !outcomes.includes('OVERLOADED'); round++) {
        app.clock.step(40 * DAY);
        outcomes = await Promise.all(Array.from({ length: 4 }, () => guess('admin', '192.0.2.1')));
      }
      const tried = outcomes.filter((outcome) => outcome === WRONG).length;
      expect(tried).toBeLessThan(4);
      const rest = await guessTimes(5 - tried + 1, 'admin', '192.0.2.1');
      expect(rest).toEqual([...Array<string>(5 - tried).fill(WRONG), 30]);
    } finally {
      await app.close();
    }
  });
});

describe('THROTTLE=off', () => {
  it('counts nothing', async () => {
    const { app, guessTimes } = await startThrottledApp({ env: { THROTTLE: 'off' } });
    try {
      const outcomes = await guessTimes(120, 'nobody', '198.51.100.1');
      expect(new Set(outcomes)).toEqual(new Set([WRONG]));
      expect(await app.services.db.prisma.throttle.count()).toBe(0);
    } finally {
      await app.close();
    }
  });
});
