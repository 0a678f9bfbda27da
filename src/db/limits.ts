/** How long anything in a database may take, in seconds. */
export interface DatabaseLimits {
  /** Waiting for a connection. */
  readonly waitSeconds: number;
  /** One statement, on a server. */
  readonly querySeconds: number;
  /** Waiting for what another has locked. */
  readonly lockSeconds: number;
  readonly transactionSeconds: number;
  /** Until a connection that nobody uses is closed. */
  readonly idleSeconds: number;
}

/** For what is no request and may take its time: the command line, a check of the installation. */
export const PATIENT: DatabaseLimits = {
  waitSeconds: 30,
  querySeconds: 3600,
  lockSeconds: 30,
  transactionSeconds: 60,
  idleSeconds: 10,
};
