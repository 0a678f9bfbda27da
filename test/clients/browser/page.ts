import type { PossibleTypesMap } from '@apollo/client';
import { type Answer, type Ask, FRONT_ENDS, type FrontEnd } from '../ask.ts';
import type { Session, Tokens } from '../../../examples/recipes/tokens.ts';

/** The part of the DOM that this page uses. */
declare const localStorage: {
  readonly getItem: (key: string) => string | null;
  readonly setItem: (key: string, value: string) => void;
  readonly removeItem: (key: string) => void;
};

declare global {
  var tab: typeof tabOfTests;
}

const KEY = 'tokens';
const signedOut: string[] = [];
let ask: Ask | undefined;

const session: Session = {
  load: () => JSON.parse(localStorage.getItem(KEY) ?? 'null') ?? undefined,
  save: (tokens) =>
    tokens ? localStorage.setItem(KEY, JSON.stringify(tokens)) : localStorage.removeItem(KEY),
  onSignedOut: (code) => signedOut.push(code),
};

const tabOfTests = {
  start: (kind: FrontEnd, url: string, possibleTypes: PossibleTypesMap): void => {
    ask = FRONT_ENDS[kind](url, session, possibleTypes);
  },
  signIn: (tokens: Tokens): void => session.save(tokens),
  ask: (sizes: readonly number[]): Promise<Answer[]> => {
    if (!ask) throw new Error('start comes first');
    return Promise.all(sizes.map(ask));
  },
  state: () => ({ tokens: session.load(), signedOut }),
};
globalThis.tab = tabOfTests;
