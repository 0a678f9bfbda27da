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
import type { Context } from './context.ts';
import type { Database, Tx } from './db/client.ts';
import type { AuditAction } from './features/audit/actions.ts';
import type { AuditContext, AuditEntry } from './features/audit/event.ts';
import type { InsertMail, MailEntry } from './features/mail/compose.ts';
import type { Throttles } from './features/throttles/throttles.ts';
import type { Telemetry } from './telemetry.ts';
import type { MailSender } from './features/mail/sender.ts';
import type { MailKind } from './features/mail/templates.ts';

/** Appends audit events in the transaction of the change that they record. `change` alone calls it. */
export interface AuditLog {
  readonly append: (
    ctx: AuditContext,
    tx: Tx,
    entries: readonly AuditEntry<AuditAction>[],
  ) => Promise<void>;
}

/** Queues mails in the transaction of the change that they are about. `change` alone calls it. */
export interface Outbox {
  /** Returns whether there is a mail: the recipient has an address, and no budget is used up. */
  readonly queue: <K extends MailKind>(
    ctx: Context,
    tx: Tx,
    entry: MailEntry<K>,
    insert?: InsertMail,
  ) => Promise<boolean>;
}

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
  readonly telemetry: Telemetry;
}
