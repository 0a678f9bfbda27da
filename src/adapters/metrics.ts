import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { VERSION } from '../core/version.ts';
import { INSTANCE } from './instance.ts';
import { addInstallation, type InstallationSources } from './installation-metrics.ts';

/** Which door answered, and for which of its routes: names of ours, never what a client wrote. */
export interface Route {
  readonly door: string;
  readonly route: string;
  /** Asked again and again by machines: health checks and scrapes, of which the log says nothing. */
  readonly isRoutine?: true;
}

/** What is read when somebody scrapes, so that it costs nothing until then. */
interface Sources extends InstallationSources {
  readonly hashes: () => { readonly running: number; readonly waiting: number };
  readonly sessions: () => { readonly remembered: number; readonly read: number };
  /** Connections of the pool to a PostgreSQL server; undefined on SQLite, which has none. */
  readonly connections: () =>
    { readonly total: number; readonly idle: number; readonly waiting: number } | undefined;
  /** As requests are judged at this moment, whichever process turned it on or off. */
  readonly isAuthenticationOn: () => Promise<boolean>;
}

/** What Prometheus is told of this process. */
export interface Metrics {
  readonly requestEnded: (route: Route, status: string, seconds: number) => void;
  readonly operationEnded: (operation: string, outcome: string, seconds: number) => void;
  /** A sign-in, or a proof of who somebody is, was refused: by its error code. */
  readonly signInFailed: (reason: string) => void;
  /** A password was hashed: how long it waited, how long that took. */
  readonly hashed: (waited: number, seconds: number) => void;
  /** A mail was sent or given up, put off by MAIL_PER_HOUR, or left out by another budget. */
  readonly mailEnded: (
    kind: string,
    outcome: 'sent' | 'failed' | 'postponed' | 'suppressed',
  ) => void;
  /** Rows of a kind were deleted because they are over. */
  readonly cleanedUp: (kind: string, rows: number) => void;
  /** A round of the clean-up came to its end. */
  readonly cleanUpEnded: (at: Date) => void;
  readonly watch: (sources: Sources) => void;
  /** Connections that are open at this moment, by their kind. */
  /** @param limits the limits that refuse connections */
  readonly watchConnections: (
    read: () => Readonly<Record<string, number>>,
    limits: readonly string[],
  ) => void;
  /** A connection was refused or closed for a limit. */
  readonly connectionRefused: (kind: string, limit: string) => void;
  readonly contentType: string;
  /** Everything, in the text format. */
  readonly text: () => Promise<string>;
}

const FAST = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const HASHING = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

let ofProcess: Registry | undefined;

/** Memory, CPU, garbage collection and the delay of the event loop: one set, however many apps there are. */
function processRegistry(): Registry {
  if (!ofProcess) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
  }
  return ofProcess;
}

/** What a rate or an increase is asked of has to be there, at 0, before it is counted first. */
export interface Counted {
  readonly mailKinds: readonly string[];
}

const MAIL_OUTCOMES = ['sent', 'failed', 'postponed', 'suppressed'] as const;

export function createMetrics({ mailKinds }: Counted): Metrics {
  const own = new Registry();
  const registers = [own];
  const ofThis = processRegistry();
  new Gauge({
    name: 'vestibule_build_info',
    help: 'Which release runs; always 1.',
    labelNames: ['version'] as const,
    registers,
  }).set({ version: VERSION }, 1);
  new Gauge({
    name: 'vestibule_instance_info',
    help: 'By which name the log knows this process; always 1.',
    labelNames: ['id'] as const,
    registers,
  }).set({ id: INSTANCE }, 1);
  const requests = new Histogram({
    name: 'vestibule_http_request_duration_seconds',
    help: 'Requests by door, route and status, and how long they took.',
    labelNames: ['door', 'route', 'status'] as const,
    buckets: FAST,
    registers,
  });
  const outcomes = new Counter({
    name: 'vestibule_operations_total',
    help: 'Operations by name and outcome: ok, a state such as TotpChallenge, or an error code.',
    labelNames: ['operation', 'outcome'] as const,
    registers,
  });
  const operations = new Histogram({
    name: 'vestibule_operation_duration_seconds',
    help: 'How long operations took.',
    labelNames: ['operation'] as const,
    buckets: FAST,
    registers,
  });
  const waits = new Histogram({
    name: 'vestibule_password_hash_wait_seconds',
    help: 'How long a password waited to be hashed.',
    buckets: HASHING,
    registers,
  });
  const hashes = new Histogram({
    name: 'vestibule_password_hash_duration_seconds',
    help: 'How long it took to hash or check a password once it was its turn.',
    buckets: HASHING,
    registers,
  });
  const refused = new Counter({
    name: 'vestibule_connections_refused_total',
    help: 'WebSockets and event streams that were refused or closed, by the limit that they reached.',
    labelNames: ['kind', 'limit'] as const,
    registers,
  });

  const failedSignIns = new Counter({
    name: 'vestibule_sign_ins_failed_total',
    help: 'Sign-ins, and proofs of who somebody is, that were refused, by their error code.',
    labelNames: ['reason'] as const,
    registers,
  });
  const mails = new Counter({
    name: 'vestibule_mails_total',
    help: 'Mails by kind and outcome: sent, failed, postponed (MAIL_PER_HOUR) or suppressed (other budgets).',
    labelNames: ['kind', 'outcome'] as const,
    registers,
  });
  for (const kind of mailKinds) {
    for (const outcome of MAIL_OUTCOMES) mails.inc({ kind, outcome }, 0);
  }
  const cleaned = new Counter({
    name: 'vestibule_clean_up_rows_total',
    help: 'Rows that the clean-up of this process deleted, by their kind.',
    labelNames: ['kind'] as const,
    registers,
  });
  const cleanUps = new Gauge({
    name: 'vestibule_clean_up_last_success_timestamp_seconds',
    help: 'When a clean-up by this process last came to its end; 0 where none has yet.',
    registers,
  });

  return {
    requestEnded: ({ door, route }, status, seconds) =>
      requests.observe({ door, route, status }, seconds),
    operationEnded: (operation, outcome, seconds) => {
      outcomes.inc({ operation, outcome });
      operations.observe({ operation }, seconds);
    },
    signInFailed: (reason) => failedSignIns.inc({ reason }),
    hashed: (waited, seconds) => {
      waits.observe(waited);
      hashes.observe(seconds);
    },
    mailEnded: (kind, outcome) => mails.inc({ kind, outcome }),
    cleanedUp: (kind, rows) => cleaned.inc({ kind }, rows),
    cleanUpEnded: (at) => cleanUps.set(at.getTime() / 1000),
    watch: (sources) => {
      addSources(registers, sources);
      addInstallation(registers, sources);
    },
    watchConnections: (read, limits) => {
      addConnections(registers, read);
      for (const kind of Object.keys(read())) {
        for (const limit of limits) refused.inc({ kind, limit }, 0);
      }
    },
    connectionRefused: (kind, limit) => refused.inc({ kind, limit }),
    contentType: own.contentType,
    text: async () => `${await ofThis.metrics()}\n${await own.metrics()}`,
  };
}

function addSources(registers: Registry[], sources: Sources): void {
  const { hashes, sessions, connections, isAuthenticationOn } = sources;
  new Gauge({
    name: 'vestibule_password_hashes',
    help: 'Passwords that are being hashed, and that wait for it.',
    labelNames: ['state'] as const,
    registers,
    collect() {
      for (const [state, count] of Object.entries(hashes())) this.set({ state }, count);
    },
  });
  new Counter({
    name: 'vestibule_session_lookups_total',
    help: 'Sessions that requests asked for: remembered, or read from the database.',
    labelNames: ['from'] as const,
    registers,
    collect() {
      const { remembered, read } = sessions();
      this.reset();
      this.inc({ from: 'memory' }, remembered);
      this.inc({ from: 'database' }, read);
    },
  });
  new Gauge({
    name: 'vestibule_database_connections',
    help: 'Connections to PostgreSQL, those that are idle, and queries that wait for one.',
    labelNames: ['state'] as const,
    registers,
    collect() {
      for (const [state, count] of Object.entries(connections() ?? {})) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'vestibule_authentication_enabled',
    help: 'Whether requests have to say who calls: 1, or 0 while authentication is off.',
    registers,
    async collect() {
      this.set((await isAuthenticationOn()) ? 1 : 0);
    },
  });
}

function addConnections(registers: Registry[], read: () => Readonly<Record<string, number>>): void {
  new Gauge({
    name: 'vestibule_open_connections',
    help: 'WebSockets and event streams that are open.',
    labelNames: ['kind'] as const,
    registers,
    collect() {
      for (const [kind, count] of Object.entries(read())) this.set({ kind }, count);
    },
  });
}
