import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleanUp } from '../../src/features/clean-up/run.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { LOGOUT, ME, REFRESH } from '../support/documents.ts';
import { TEST_LONG } from '../support/long.ts';
import { setUpAdmin, signIn } from '../support/people.ts';

const RUNS = TEST_LONG ? 500 : 30;
const HOUR = 3600;
const DAY = 24 * HOUR;
const IDLE = 30 * DAY;

type Action =
  | { readonly kind: 'signIn' }
  | { readonly kind: 'cleanUp' }
  | { readonly kind: 'refresh' | 'logout' | 'use'; readonly session: number }
  | { readonly kind: 'step'; readonly seconds: number };

const session = fc.nat({ max: 3 });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ kind: 'signIn' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'cleanUp' as const }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('refresh' as const), session }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('logout' as const), session }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('use' as const), session }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      seconds: fc.constantFrom(1, HOUR, HOUR + 1, DAY, 29 * DAY, IDLE - 1, IDLE, IDLE + HOUR + 1),
    }),
  },
);

/** All that was ever given out of a session. */
interface Given {
  readonly accessTokens: string[];
  readonly refreshTokens: string[];
}

/** Two installations with the same history, of which one cleans up: every token is answered alike. */
describe.each(providers)('any history with and without a clean-up on %s', (provider) => {
  let apps: readonly [cleaned: TestApp, other: TestApp];
  beforeAll(async () => {
    apps = [await startApp({ provider }), await startApp({ provider })];
    for (const app of apps) await setUpAdmin(app);
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
  });

  const me = async (app: TestApp, token: string) =>
    (await app.graphql(ME, {}, token)).errors[0]?.extensions.code ?? 'ok';

  async function refresh(app: TestApp, { accessTokens, refreshTokens }: Given, back: number) {
    const refreshToken = refreshTokens.at(-1 - back);
    if (refreshToken === undefined) return 'none';
    const { data } = await app.graphql(REFRESH, { input: { refreshToken } });
    if (data.refresh.__typename === 'AuthPayload') {
      accessTokens.push(data.refresh.accessToken);
      refreshTokens.push(data.refresh.refreshToken);
    }
    return data.refresh.__typename;
  }

  async function perform(app: TestApp, sessions: Given[], step: Action): Promise<unknown> {
    if (step.kind === 'signIn') {
      const { accessToken, refreshToken } = await signIn(app, 'admin');
      sessions.push({ accessTokens: [accessToken], refreshTokens: [refreshToken] });
      return 'ok';
    }
    if (step.kind === 'cleanUp') {
      if (app === apps[0]) await cleanUp(app.services, { by: 'test' });
      return 'ok';
    }
    if (step.kind === 'step') {
      app.clock.step(step.seconds);
      return 'ok';
    }
    const given = sessions.at(-1 - step.session);
    if (!given) return 'none';
    if (step.kind === 'refresh') return refresh(app, given, 0);
    const token = given.accessTokens.at(-1) ?? '';
    if (step.kind === 'use') return me(app, token);
    const { errors } = await app.graphql(LOGOUT, {}, token);
    return errors.map(({ extensions }) => extensions.code);
  }

  /** What becomes of every token that there ever was, the refresh tokens of before too. */
  async function answers(app: TestApp, sessions: readonly Given[]) {
    const given: unknown[] = [];
    for (const each of sessions) {
      for (const token of each.accessTokens) given.push(await me(app, token));
      given.push(await refresh(app, each, 1), await refresh(app, each, 0));
    }
    return given;
  }

  it('answers every token alike', { timeout: 60_000 + RUNS * 1000 }, async () => {
    const property = fc.asyncProperty(fc.array(action, { maxLength: 20 }), async (steps) => {
      const histories: unknown[] = [];
      for (const app of apps) {
        const sessions: Given[] = [];
        const said: unknown[] = [];
        for (const step of steps) said.push(await perform(app, sessions, step));
        if (app === apps[0]) await cleanUp(app.services, { by: 'test' });
        histories.push([...said, ...(await answers(app, sessions))]);
      }
      expect(histories[0]).toEqual(histories[1]);
    });
    await fc.assert(property, { numRuns: RUNS });
  });
});
