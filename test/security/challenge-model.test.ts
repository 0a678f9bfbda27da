import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { registerUser, setUpAdmin } from '../support/people.ts';
import { answer, challenge, codeOf, turnOnTotp, wrongCodeOf } from '../support/totp.ts';

const STEP = 30;
const LIFE = 300;
const TRIES = 5;
const DRIFT = 1;

type Action =
  | { readonly kind: 'challenge' }
  /** A code of the step so far from now, to the challenge so many back. */
  | { readonly kind: 'code'; readonly offset: number; readonly back: number }
  | { readonly kind: 'wrong'; readonly back: number }
  | { readonly kind: 'recovery'; readonly index: number; readonly back: number }
  | { readonly kind: 'step'; readonly seconds: number };

const back = fc.nat({ max: 2 });
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('challenge' as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('code' as const),
      offset: fc.integer({ min: -3, max: 3 }),
      back,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wrong' as const), back }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('recovery' as const),
      index: fc.nat({ max: 3 }),
      back,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('step' as const),
      seconds: fc.constantFrom(1, STEP - 1, STEP, STEP + 1, LIFE - 1, LIFE),
    }),
  },
);

/** What a second factor is, as simply as it can be said. */
interface Model {
  readonly challenges: {
    readonly token: string;
    readonly endsAt: number;
    tries: number;
    used: boolean;
  }[];
  readonly usedRecovery: Set<number>;
  lastStep: number;
}

describe.each(providers)('any order of challenges, codes and time on %s', (provider) => {
  let app: TestApp;
  let secret: string;
  let recoveryCodes: readonly string[];
  const model: Model = { challenges: [], usedRecovery: new Set(), lastStep: 0 };

  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app);
    const { accessToken } = await registerUser(app, 'Ann');
    ({ secret, recoveryCodes } = await turnOnTotp(app, accessToken));
    model.lastStep = stepNow();
  });
  afterAll(() => app.close());

  const now = () => app.clock.now().getTime() / 1000;
  const stepNow = () => Math.floor(now() / STEP);

  /** Whether what is shown is good, and what it uses up. */
  function judge(shown: Exclude<Action, { kind: 'challenge' | 'step' }>) {
    if (shown.kind === 'wrong') return { isGood: false, use: () => undefined };
    if (shown.kind === 'recovery') {
      return {
        isGood: !model.usedRecovery.has(shown.index),
        use: () => void model.usedRecovery.add(shown.index),
      };
    }
    const step = stepNow() + shown.offset;
    return {
      isGood: Math.abs(shown.offset) <= DRIFT && step > model.lastStep,
      use: () => void (model.lastStep = step),
    };
  }

  function textOf(shown: Exclude<Action, { kind: 'challenge' | 'step' }>): string {
    if (shown.kind === 'wrong') return wrongCodeOf(app, secret);
    if (shown.kind === 'recovery') return recoveryCodes[shown.index]!;
    return codeOf(app, secret, shown.offset);
  }

  async function perform(done: Action): Promise<void> {
    if (done.kind === 'step') return app.clock.step(done.seconds);
    if (done.kind === 'challenge') {
      const { challengeToken: token } = await challenge(app, 'Ann');
      model.challenges.push({ token, endsAt: now() + LIFE, tries: TRIES, used: false });
      return;
    }
    const asked = model.challenges.at(-1 - done.back);
    if (!asked) return;
    const { __typename } = await answer(app, asked.token, textOf(done));
    if (asked.used || asked.tries === 0 || now() >= asked.endsAt) {
      expect(__typename).toBe('ChallengeInvalidError');
      return;
    }
    asked.tries -= 1;
    const { isGood, use } = judge(done);
    expect(__typename).toBe(isGood ? 'AuthPayload' : 'WrongCodeError');
    if (!isGood) return;
    use();
    asked.used = true;
  }

  it('answers as the model says', async () => {
    const property = fc.asyncProperty(
      fc.array(action, { minLength: 5, maxLength: 30 }),
      async (actions) => {
        model.challenges.length = 0;
        for (const done of [{ kind: 'challenge' } as const, ...actions]) await perform(done);
      },
    );
    await fc.assert(property, {
      numRuns: Number(process.env['MODEL_RUNS'] ?? 40),
      // What is used up stays used up: a shrunk run would begin where the failing one ended.
      endOnFailure: true,
    });
  }, 120_000);
});
