import type { Actor } from './actor.ts';
import type { Clock } from '../adapters/clock.ts';
import type { DeviceName } from '../adapters/device-name.ts';
import type { KeyedHash } from '../adapters/keyed-hash.ts';
import type { Random } from '../adapters/random.ts';
import type { SecretBox } from '../adapters/secret-box.ts';
import type { Config } from '../config/config.ts';
import type { Tx } from '../db/database.ts';

/** From where something was done, as far as it is known. */
export interface Whence {
  readonly device: DeviceName | undefined;
  readonly address: string | undefined;
  readonly at: Date;
}

/** An API key, as a mail names it. */
export interface NamedKey {
  /** As its owner called it. */
  readonly key: string;
  readonly hint: string;
}

/** A code that proves an address. */
export interface MailedCode extends Whence {
  /** Six digits. */
  readonly code: string;
  readonly expiresAt: Date;
}

/** Every mail that is sent, with what its template needs to be told. */
interface MailFacts {
  readonly newDevice: Whence;
  readonly refreshTokenReused: Whence;
  readonly totpEnabled: Whence;
  readonly totpDisabled: Whence;
  readonly totpReset: Whence;
  readonly recoveryCodeUsed: Whence & { readonly left: number };
  readonly recoveryCodesRegenerated: Whence;
  readonly passwordChanged: Whence;
  readonly passwordReset: Whence;
  readonly passwordResetLink: Whence & { readonly link: string; readonly expiresAt: Date };
  readonly accessEnded: {
    readonly apiKeys: number;
    readonly secondFactor: boolean;
    readonly at: Date;
  };
  readonly apiKeyCreated: Whence & NamedKey;
  readonly apiKeyRotated: Whence & NamedKey & { readonly until: Date };
  readonly apiKeyRevoked: Whence & NamedKey;
  readonly emailCode: MailedCode;
  readonly newEmailCode: MailedCode;
  readonly emailChangeTried: Whence;
  readonly emailChanged: Whence;
  readonly tenantInvitation: {
    /** Where it is accepted; holds the token. */
    readonly link: string;
    /** Names that a stranger may have chosen. */
    readonly tenant: string;
    readonly inviter: string;
    readonly role: string;
    readonly expiresAt: Date;
  };
}

export type MailKind = keyof MailFacts;

/** What a template needs to be told. */
export type MailData<K extends MailKind> = MailFacts[K];

/** Whom a mail is for: a user, or one at another address. */
interface Recipient {
  readonly email: string | null;
  readonly name: string;
  readonly username: string | null;
  /** Absent where nobody has proven the address: then notices do not go there. */
  readonly emailVerifiedAt: Date | null;
}

export interface MailEntry<K extends MailKind> {
  readonly kind: K;
  readonly to: Recipient;
  readonly data: MailData<K>;
}

/** A mail as it is stored until it is sent. */
export interface NewMail {
  readonly id: string;
  readonly messageId: string;
  readonly kind: MailKind;
  readonly toAddress: string;
  readonly toName: string;
  readonly subject: string;
  /** Sealed; `openBody` reads it. */
  readonly body: string;
  readonly createdAt: Date;
  /** When it is to be sent. */
  readonly dueAt: Date;
}

/** Puts a composed mail into the outbox; undefined is no mail. */
export type InsertMail = (mail: NewMail | undefined) => Promise<void>;

/** What writing a mail takes from its surroundings. */
export interface MailContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly config: Pick<Config, 'publicUrl' | 'mailFrom'>;
  readonly secretBox: SecretBox;
}

/** What queueing a mail takes besides. */
export interface MailQueueContext extends MailContext {
  readonly keyedHashes: readonly [KeyedHash, ...KeyedHash[]];
  readonly actor: Actor;
  readonly mail: Pick<MailSender, 'suppressed'>;
  readonly config: MailContext['config'] &
    Pick<Config, 'mailPerAccount' | 'mailPerAddress' | 'mailGatherSeconds'>;
}

/** Queues mails in the transaction of the change that they are about. `change` alone calls it. */
export interface Outbox {
  /** Returns whether there is a mail: the recipient has an address, and no budget is used up. */
  readonly queue: <K extends MailKind>(
    ctx: MailQueueContext,
    tx: Tx,
    entry: MailEntry<K>,
    insert?: InsertMail,
  ) => Promise<boolean>;
}

/** Sends the outbox. */
export interface MailSender {
  /** Sends what is due from now on, without being told too. */
  readonly start: () => void;
  /** Says that there is something to send: after the commit. Does nothing before `start`. */
  readonly wake: () => void;
  /** Notes that a mail was left out because a budget is used up: it is counted, and logged once a minute. */
  readonly suppressed: (kind: string) => void;
  /**
   * Begins nothing more; resolves when what is under way has ended. What takes longer than `withinMs` is
   * cut off: it stays in the outbox, due at once, for the next start or another process.
   */
  readonly close: (withinMs: number) => Promise<void>;
}
