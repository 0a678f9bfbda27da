/**
 * What operations have a door do with its answer besides sending it. Plain data, which may outlive its
 * request and therefore holds nothing of the connection.
 */
export interface Answer {
  /** The device token that the client is to keep. */
  deviceToken: string | undefined;
  /** Whether the answer has gone out, or its client has. */
  isGone: boolean;
  readonly waiting: (() => void)[];
}

export function createAnswer(): Answer {
  return { deviceToken: undefined, isGone: false, waiting: [] };
}

/** Called by the door when the answer has gone out, or its client has. */
export function endAnswer(answer: Answer): void {
  answer.isGone = true;
  for (const go of answer.waiting.splice(0)) go();
}

/** Resolves when the answer has gone out, or its client has; at once where nothing is answered. */
export function whenGone(answer: Answer | undefined): Promise<void> {
  if (!answer || answer.isGone) return Promise.resolve();
  return new Promise((resolve) => answer.waiting.push(resolve));
}
