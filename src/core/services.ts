import type { AuthSwitch } from './auth-state.ts';
import type { Changes } from './changes.ts';
import type { Background } from '../adapters/background.ts';
import type { Clock } from '../adapters/clock.ts';
import type { Hasher } from '../adapters/hasher.ts';
import type { KeyRing } from '../adapters/jwk.ts';
import type { KeyedHash } from '../adapters/keyed-hash.ts';
import type { Log } from '../adapters/log.ts';
import type { Random } from '../adapters/random.ts';
import type { SecretBox } from '../adapters/secret-box.ts';
import type { Tokens } from '../adapters/tokens.ts';
import type { Config } from '../config/config.ts';
import type { AuditLog } from './audit.ts';
import type { FigureReader } from './figures.ts';
import type { MailSender, Outbox } from './mail.ts';
import type { SignInMethodFacts } from './sign-in-method.ts';
import type { Throttles } from './throttle.ts';
import type { Database } from '../db/database.ts';
import type { ApiKeyWithUser, SessionRow, SessionWithUser } from '../db/rows.ts';
import type { MaybePromise } from './maybe-promise.ts';
import type { Telemetry } from './telemetry.ts';

/** Everything that varies between installations, tests and moments. */
export interface Services {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly db: Database;
  readonly secretBox: SecretBox;
  readonly hasher: Hasher;
  readonly keys: KeyRing;
  readonly tokens: Tokens;
  readonly changes: Changes;
  readonly liveness: Liveness;
  readonly keyLiveness: KeyLiveness;
  /** Under each SECRET_KEY; what is kept is hashed by the first. */
  readonly keyedHashes: readonly [KeyedHash, ...KeyedHash[]];
  readonly authSwitch: AuthSwitch;
  readonly auditLog: AuditLog;
  readonly outbox: Outbox;
  readonly mail: MailSender;
  readonly background: Background;
  readonly throttles: Throttles;
  /** Every way to sign in; the rules of step-up are derived from them. */
  readonly signInMethods: readonly SignInMethodFacts[];
  readonly telemetry: Telemetry;
  /** What metrics say of the database; nobody asks within a request. */
  readonly figures?: FigureReader;
}

/** Which sessions are alive, asked on every request. */
export interface Liveness {
  /** The session with its user, unless it is revoked, expired, idle or unknown. Says nothing of `disabled`. */
  readonly find: (sessionId: string) => MaybePromise<SessionWithUser | undefined>;
  /** Takes note of what this process has just written, where the session is remembered. */
  readonly note: (session: SessionRow) => void;
  /** How many it was asked for, by where they came from. */
  readonly stats: () => { readonly remembered: number; readonly read: number };
}

/** Which API keys are alive, asked on every request. */
export interface KeyLiveness {
  /**
   * The key that has one of these hashes, of which the first is the current one, with its owner. Says
   * nothing of whether it is over.
   */
  readonly find: (
    hashes: readonly [string, ...string[]],
  ) => MaybePromise<ApiKeyWithUser | undefined>;
  /** Takes note of a use, where the key is remembered. */
  readonly note: (use: { readonly keyHash: string; readonly lastUsedAt: Date }) => void;
}
