/** What is asked again and again, and what must come back. */
export interface Exchange {
  /** The next request of a connection. */
  readonly next: (connection: number) => string;
  /** Throws unless the answer is the one expected: a fast error is no result. */
  readonly check: (connection: number, answer: string) => void;
}

export interface Plan {
  /** Where GraphQL is answered. */
  readonly url: URL;
  readonly connections: number;
  /** How many accounts there are. */
  readonly users: number;
}

/** The same request and answer for ever, one for each connection or one for all. */
export function repeated(requests: readonly string[], answers: readonly string[]): Exchange {
  return {
    next: (connection) => requests[connection % requests.length] as string,
    check: (connection, answer) => {
      const expected = answers[connection % answers.length];
      if (answer !== expected) throw new Error(`expected ${expected}, got ${answer}`);
    },
  };
}
