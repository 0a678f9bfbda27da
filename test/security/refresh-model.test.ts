import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { LOGOUT, ME, REFRESH } from '../support/documents.ts';
import { setUpAdmin, signIn } from '../support/people.ts';

/** The long form is MODEL_RUNS=5000. */
const RUNS = Number(process.env['MODEL_RUNS'] ?? 100);
const ACCESS = 3600;
const IDLE = 30 * 24 * 3600;
const ABSOLUTE = 90 * 24 * 3600;
const GRACE = 30;

type Action =
  | { readonly kind: 'refresh' | 'me' | 'logout'; readonly back: number }
  | { readonly kind: 'step'; readonly seconds: number }
  | { readonly kind: 'skew'; readonly seconds: number };

const back = fc.nat({ max: 3 });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('refresh' as const), back }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('me' as const), back }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('logout' as const), back }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('skew' as const),
      seconds: fc.constantFrom(-120, -1, 0, 1, 120),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      seconds: fc.constantFrom(1, GRACE - 1, GRACE, GRACE + 1, ACCESS, IDLE - 1, IDLE, IDLE + 1),
    }),
  },
);

interface Generation {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly begunAt: number;
}

/** What a session is, as simply as it can be said. */
interface Model {
  readonly begunAt: number;
  readonly generations: Generation[];
  /** The newest generation whose access token was used. */
  used: number;
  ended: boolean;
}

/**
 * Refresh is a state machine, and no order of calls and clock steps leaves it. The clock of the process may
 * differ from that of the database, and the answer of a refresh may be lost for any time: its tokens are
 * not used then.
 */
describe.each(providers)('any order of refresh, replay, logout and time on %s', (provider) => {
  let app: TestApp;
  let databaseTime = 0;
  let skew = 0;
  beforeAll(async () => {
    const databaseClock = { now: () => new Date(databaseTime * 1000) };
    app = await startApp({ provider, databaseClock });
    databaseTime = app.clock.now().getTime() / 1000;
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const now = () => app.clock.now().getTime() / 1000;
  const ends = (model: Model) => model.begunAt + ABSOLUTE;
  const isOver = (model: Model) => model.ended || now() >= ends(model);
  const pick = (model: Model, steps: number) => {
    const index = Math.max(0, model.generations.length - 1 - steps);
    return { index, generation: model.generations[index]! };
  };

  function expectedOfRefresh(model: Model, index: number): 'new' | 'same' | 'invalid' | 'reused' {
    const { begunAt } = model.generations[index]!;
    const last = model.generations.length - 1;
    if (isOver(model) || now() >= Math.min(begunAt + IDLE, ends(model))) return 'invalid';
    if (index === last) {
      return databaseTime >= Math.min(begunAt + IDLE, ends(model)) ? 'invalid' : 'new';
    }
    const inGrace = databaseTime <= model.generations[last]!.begunAt + GRACE;
    return index === last - 1 && (inGrace || model.used < last) ? 'same' : 'reused';
  }

  async function refresh(model: Model, steps: number): Promise<void> {
    const { index, generation } = pick(model, steps);
    const expected = expectedOfRefresh(model, index);
    const input = { refreshToken: generation.refreshToken };
    const answer = (await app.graphql(REFRESH, { input })).data.refresh;
    if (expected === 'invalid') {
      expect(answer.__typename).toBe('RefreshTokenInvalidError');
    } else if (expected === 'reused') {
      expect(answer.__typename).toBe('RefreshTokenReusedError');
      model.ended = true;
    } else {
      const { accessToken, refreshToken } = expectType(answer, 'AuthPayload');
      if (expected === 'new') {
        model.generations.push({ accessToken, refreshToken, begunAt: databaseTime });
      }
      expect(model.generations.at(-1)).toMatchObject({ accessToken, refreshToken });
    }
  }

  const isAccepted = (model: Model, { begunAt }: Generation) =>
    !isOver(model) && now() < Math.min(begunAt + ACCESS, ends(model));

  async function perform(model: Model, step: Action): Promise<void> {
    if (step.kind === 'step') {
      app.clock.step(step.seconds);
      databaseTime += step.seconds;
      return;
    }
    if (step.kind === 'skew') {
      setSkew(step.seconds);
      return;
    }
    if (step.kind === 'refresh') return refresh(model, step.back);
    const { index, generation } = pick(model, step.back);
    const accepted = isAccepted(model, generation);
    const { errors } = await (step.kind === 'me'
      ? app.graphql(ME, {}, generation.accessToken)
      : app.graphql(LOGOUT, {}, generation.accessToken));
    expect(errors.map((error) => error.extensions.code)).toEqual(
      accepted ? [] : ['UNAUTHENTICATED'],
    );
    if (accepted) model.used = Math.max(model.used, index);
    if (accepted && step.kind === 'logout') model.ended = true;
  }

  function setSkew(seconds: number): void {
    app.clock.step(seconds - skew);
    skew = seconds;
  }

  it('answers as the model says', { timeout: 60_000 + RUNS * 400 }, async () => {
    const property = fc.asyncProperty(fc.array(action, { maxLength: 25 }), async (steps) => {
      setSkew(0);
      const { accessToken, refreshToken } = await signIn(app, 'admin');
      const begunAt = now();
      const generations = [{ accessToken, refreshToken, begunAt }];
      const model: Model = { begunAt, generations, used: 0, ended: false };
      for (const step of steps) await perform(model, step);
    });
    await fc.assert(property, { numRuns: RUNS });
  });
});
