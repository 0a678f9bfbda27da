/** Whether requests have to say who they are; `skipped`: they need not, for setup was skipped. */
export const AUTH_STATES = ['on', 'off', 'skipped'] as const;
export type AuthState = (typeof AUTH_STATES)[number];

/**
 * Whether requests have to say who they are, asked on every request. That they need not is remembered
 * only while changes are heard: turning authentication on bites on the next request.
 */
export interface AuthSwitch {
  /** A promise where the database has to be asked. Where it cannot be, authentication is on. */
  readonly state: () => AuthState | Promise<AuthState>;
  /** Tells what was opened while authentication is off that it is on now; answers how to stop. */
  readonly whenOn: (turnedOn: () => void) => () => void;
}
