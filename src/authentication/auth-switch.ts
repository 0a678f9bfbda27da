import type { AuthSwitch } from '../core/auth-state.ts';
import type { Log } from '../adapters/log.ts';
import type { Database } from '../db/database.ts';
import { findAuthState } from './auth-state-store.ts';
import type { AuthState } from '../core/auth-state.ts';
import type { Changes } from '../core/changes.ts';

/** How old an answer may be while changes of other processes are heard, and while they are not. */
const HEARING_MS = 60_000;
const DEAF_MS = { on: 5_000, off: 0, skipped: 0 } as const satisfies Record<AuthState, number>;
/** How often who waits for it has it looked at: what another process does may go unheard. */
const LOOK_MS = 2_000;

export interface AuthSwitchOptions {
  readonly db: Database;
  readonly changes: Changes;
  readonly log: Log;
  /** Where it is false, authentication is on whatever the database says. */
  readonly allowAuthDisable: boolean;
}

export function createAuthSwitch(options: AuthSwitchOptions): AuthSwitch {
  const { db, changes, log, allowAuthDisable } = options;
  if (!allowAuthDisable) return { state: () => 'on', whenOn: () => () => undefined };

  let known: { readonly state: AuthState; readonly readAt: number } | undefined;
  let told: AuthState | undefined;
  // A read that began before a change must not be remembered after it.
  let heard = 0;

  const load = async (): Promise<AuthState> => {
    const before = heard;
    const readAt = performance.now();
    try {
      const state = await findAuthState(db);
      if (before !== heard) return state;
      known = { state, readAt };
      if (told !== undefined && told !== state) logAuthState(log, state);
      told = state;
      return state;
    } catch (error) {
      log.warn({ err: error }, 'whether authentication is on could not be read: it is on');
      return 'on';
    }
  };
  const state = () => {
    if (!known) return load();
    const maxAge = changes.hearsOthers() ? HEARING_MS : DEAF_MS[known.state];
    return performance.now() - known.readAt < maxAge ? known.state : load();
  };

  const waiting = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  const look = async () => {
    if ((await state()) !== 'on') return;
    for (const turnedOn of waiting) turnedOn();
  };
  changes.subscribe(({ kind }) => {
    if (kind !== 'auth' && kind !== 'gap') return;
    heard += 1;
    known = undefined;
    if (kind === 'auth' || waiting.size > 0) void look();
  });

  return {
    state,
    whenOn: (turnedOn) => {
      waiting.add(turnedOn);
      timer ??= setInterval(() => void look(), LOOK_MS);
      // It may have been turned on since the caller asked.
      void look();
      return () => {
        waiting.delete(turnedOn);
        if (waiting.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}

/** Says it where operators look: that nobody has to sign in is worth a warning. */
export function logAuthState(log: Log, state: AuthState): void {
  if (state === 'on') log.info({ authentication: state }, 'authentication is on');
  else log.warn({ authentication: state }, 'authentication is off: whoever calls may do anything');
}
