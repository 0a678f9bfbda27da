import { Gauge, type Registry } from 'prom-client';

/** What is known of what this process depends on, when somebody scrapes. */
export interface InstallationSources {
  /** Whether the database answered lately; undefined where nobody has asked yet. */
  readonly isDatabaseUp: () => boolean | undefined;
  readonly mailsWaiting: () => number | undefined;
  readonly oldestMailSeconds: () => number | undefined;
  /** Whether the changes of other processes are heard; undefined on SQLite, where there are none. */
  readonly hearsOthers: () => boolean | undefined;
  /** Whether each read replica answered when it was last asked. */
  readonly replicas: () => readonly boolean[];
  readonly signingKeySeconds: () => number | undefined;
}

interface Described {
  readonly name: string;
  readonly help: string;
  /** Undefined where there is nothing to say. */
  readonly value: () => number | boolean | undefined;
}

/** Adds a gauge for each. */
export function addInstallation(registers: Registry[], sources: InstallationSources): void {
  const gauges: readonly Described[] = [
    {
      name: 'vestibule_database_up',
      help: 'Whether the database answered within five seconds, asked every 15 seconds.',
      value: sources.isDatabaseUp,
    },
    {
      name: 'vestibule_outbox_mails',
      help: 'Mails that wait to be sent, counted to 10,000 at most.',
      value: sources.mailsWaiting,
    },
    {
      name: 'vestibule_outbox_oldest_mail_seconds',
      help: 'Age of the oldest mail that waits; 0 where none does.',
      value: sources.oldestMailSeconds,
    },
    {
      name: 'vestibule_listener_connected',
      help: 'Whether this process hears what others change (PostgreSQL).',
      value: sources.hearsOthers,
    },
    {
      name: 'vestibule_signing_key_age_seconds',
      help: 'How long the key that signs tokens has done so.',
      value: sources.signingKeySeconds,
    },
  ];
  for (const { name, help, value } of gauges) {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const known = value();
        if (known === undefined) this.remove();
        else this.set(Number(known));
      },
    });
  }
  new Gauge({
    name: 'vestibule_replica_up',
    help: 'Whether a read replica, by its place in READ_REPLICA_URLS, answered when it was last asked.',
    labelNames: ['replica'] as const,
    registers,
    collect() {
      for (const [index, isUp] of sources.replicas().entries()) {
        this.set({ replica: String(index + 1) }, Number(isUp));
      }
    },
  });
}
