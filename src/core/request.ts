import type { Stop } from '../adapters/stop.ts';
import type { Answer } from './answer.ts';
import type { AppError } from './errors.ts';

/** What is known of the request itself, whichever door it came through. */
export interface RequestInfo {
  readonly id: string;
  /** The client's address; behind trusted proxies the one they vouch for. */
  readonly ipAddress: string;
  readonly userAgent: string | undefined;
  /** The header `Setup-Token`: a secret until setup is done. */
  readonly setupToken?: string | undefined;
  /** What the request is refused for before any door looks at it; each door answers it in its own form. */
  readonly refusal?: AppError;
  /** What tells a browser that signed in before from strangers. It says nothing of who calls. */
  readonly deviceToken?: string | undefined;
  /** What operations have the door do with the answer; absent where it does nothing of the kind. */
  readonly answer?: Answer | undefined;
  /** Aborts when nobody waits for the answer any more: nothing new is begun or written then. */
  readonly signal?: Stop;
}
