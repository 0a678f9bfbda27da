import type { Actor } from './access/actor.ts';
import type { Attempt } from './features/throttles/throttles.ts';
import type { Services } from './services.ts';

/** What is known of the request itself, whichever door it came through. */
export interface RequestInfo {
  readonly id: string;
  /** The client's address; behind trusted proxies the one they vouch for. */
  readonly ipAddress: string;
  readonly userAgent: string | undefined;
}

/** What an operation is given: the services, who calls, and from where. */
export interface Context extends Services {
  readonly actor: Actor;
  readonly request: RequestInfo;
  /** What tokens that are minted say whose they are by. @default the id, which never changes */
  readonly tokenSubject?: 'username' | undefined;
}

/** The same for an operation whose attempt is counted: only there may a credential be checked. */
export interface ThrottledContext extends Context {
  readonly attempt: Attempt;
}
