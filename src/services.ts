import type { AuthSwitch } from './access/auth-switch.ts';
import type { Changes } from './access/changes.ts';
import type { KeyLiveness, Liveness } from './access/liveness.ts';
import type { Background } from './adapters/background.ts';
import type { Clock } from './adapters/clock.ts';
import type { Hasher } from './adapters/hasher.ts';
import type { KeyRing } from './adapters/jwk.ts';
import type { KeyedHash } from './adapters/keyed-hash.ts';
import type { Log } from './adapters/log.ts';
import type { Random } from './adapters/random.ts';
import type { SecretBox } from './adapters/secret-box.ts';
import type { Tokens } from './adapters/tokens.ts';
import type { Config } from './config.ts';
import type { Database } from './db/client.ts';
import type { FigureReader } from './figures.ts';
import type { Throttles } from './features/throttles/throttles.ts';
import type { Telemetry } from './telemetry.ts';
import type { MailSender } from './features/mail/sender.ts';

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
  readonly mail: MailSender;
  readonly background: Background;
  readonly throttles: Throttles;
  readonly telemetry: Telemetry;
  /** What metrics say of the database; nobody asks within a request. */
  readonly figures?: FigureReader;
}
