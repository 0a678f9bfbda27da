import type { Session, Tokens } from '../recipes/tokens.ts';

const KEY = 'vestibule';

/** The server's address; `VITE_VESTIBULE_URL` at build time names another. */
export const SERVER: string = import.meta.env['VITE_VESTIBULE_URL'] ?? 'http://localhost:4000';

type Listener = () => void;
const listeners = new Set<Listener>();
const tell = () => listeners.forEach((listener) => listener());

/** Another tab signed in, refreshed or signed out. */
window.addEventListener('storage', ({ key }) => {
  if (key === KEY) tell();
});

const read = (): Tokens | undefined => JSON.parse(localStorage.getItem(KEY) ?? 'null') ?? undefined;

/** Tokens in `localStorage`: every tab of this origin shares them, and so does every script of it. */
export const session: Session = {
  load: read,
  save: (tokens) => {
    if (tokens) localStorage.setItem(KEY, JSON.stringify(tokens));
    else localStorage.removeItem(KEY);
    tell();
  },
  // `save` has told everybody already that there are no tokens any more.
  onSignedOut: () => undefined,
};

/** For React's `useSyncExternalStore`: whether a user is signed in. */
export const signedIn = {
  subscribe: (listener: Listener): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  read: (): boolean => localStorage.getItem(KEY) !== null,
};
