/** What is read of the database from time to time, so that a scrape waits for nothing. */
interface Figures {
  /** Whether the database answered lately; undefined before the first reading. */
  readonly isDatabaseUp: boolean | undefined;
  readonly mailsWaiting: number | undefined;
  /** How old the oldest mail is that waits, in seconds. */
  readonly oldestMailSeconds: number | undefined;
}

export interface FigureReader {
  /** Reads them anew; counts a database as gone that does not answer in time. */
  readonly read: () => Promise<void>;
  readonly last: () => Figures;
}
