import { startApp } from '../support/app.ts';
import { registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { type Answer, type Ask, FRONT_ENDS, type FrontEnd } from './ask.ts';
import { possibleTypes } from './possible-types.ts';
import { type Session, type Tokens, toTokens } from '../../examples/recipes/tokens.ts';
import { startWire } from './wire.ts';

export const HOUR = 60 * 60;
export const FIFTY: readonly number[] = Array.from({ length: 50 }, (_, index) => index + 1);

const PEOPLE = ['Ada', 'Bea', 'Cyd', 'Dot'];

/** What the administrator has to see on a page of this size. */
export const page = (size: number): Answer => ({
  as: 'admin',
  users: Math.min(size, 1 + PEOPLE.length),
});

export const askAll = (ask: Ask, sizes: readonly number[]): Promise<Answer[]> =>
  Promise.all(sizes.map(ask));

export type Stage = Awaited<ReturnType<typeof startStage>>;

/** The app with some people, and a network between it and front ends. */
export async function startStage(env: Readonly<Record<string, string>> = {}) {
  const app = await startApp({ env });
  const wire = await startWire(app.url);
  await setUpAdmin(app);
  for (const person of PEOPLE) await registerUser(app, person);

  return {
    app,
    wire,
    /** A front end that has just signed in as the administrator. */
    open: async (kind: FrontEnd) => {
      const pair = await signIn(app, 'admin');
      const stored: { tokens: Tokens | undefined } = { tokens: toTokens(pair) };
      const signedOut: string[] = [];
      const session: Session = {
        load: () => stored.tokens,
        save: (tokens) => (stored.tokens = tokens),
        onSignedOut: (code) => signedOut.push(code),
      };
      wire.takePassed();
      return { ask: FRONT_ENDS[kind](wire.url, session, possibleTypes), pair, stored, signedOut };
    },
    /** What came by since the last time it was asked. */
    counts: () => {
      const passed = wire.takePassed();
      const count = (wanted: string) => passed.filter(({ name }) => name === wanted).length;
      return { queries: count('Page'), refreshes: count('RefreshTokens') };
    },
    close: async () => {
      await wire.close();
      await app.close();
    },
  };
}
