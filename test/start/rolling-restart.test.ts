import { describe, expect, it } from 'vitest';
import { postgresUrl } from '../support/database.ts';
import { TEST_LONG } from '../support/long.ts';
import { isInstalled, PROXIES } from '../support/proxies.ts';
import { restartUnderLoad } from '../support/rolling-restart.ts';

const installed = PROXIES.filter(isInstalled);

describe.skipIf(postgresUrl === undefined || installed.length === 0)('a rolling restart', () => {
  it(`behind ${installed.join(', ')} fails no request, and subscriptions come back`, async () => {
    const outcomes = await restartUnderLoad(installed, {
      processes: TEST_LONG ? 3 : 2,
      restarts: TEST_LONG ? 3 : 1,
      delaySeconds: TEST_LONG ? 3 : 1,
      isHasty: true,
      settleMs: 700,
      aroundMs: 500,
    });
    for (const { proxy, seen, longestStop } of outcomes) {
      expect([proxy, ...seen.failures]).toEqual([proxy]);
      expect(seen.requests).toBeGreaterThan(100);
      // The subscriptions take nothing of the ten seconds to drain.
      expect(longestStop).toBeLessThan(11_000);
      for (const end of seen.ends) expect(end).toMatch(/^(?:WebSocket 1012|SSE retry: 200)$/);
    }
  });
});
