import type { Actor } from './access/actor.ts';
import type { Attempt } from './features/throttles/throttles.ts';
import type { Services } from './services.ts';

/** What is known of the request itself, whichever door it came through. */
export interface RequestInfo {
  readonly id: string;
  /** The client's address; behind trusted proxies the one they vouch for. */
  readonly ipAddress: string;
  readonly userAgent: string | undefined;
  /** Aborts when nobody waits for the answer any more: nothing new is begun or written then. */
  readonly signal?: AbortSignal;
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

/** What a request's operations are given; what they write hangs on its signal. */
export function contextOf(services: Services, actor: Actor, request: RequestInfo): Context {
  const { signal } = request;
  const db = signal ? { ...services.db, signal } : services.db;
  return { ...services, db, actor, request };
}
