import type { ServerResponse } from 'node:http';

type Answer = readonly [res: ServerResponse, body: string];

let waiting: Answer[] = [];

/**
 * Ends an answer, after its head, with the others that are ready in this turn of the event loop. Each
 * write wakes whoever waits for it on this machine, a client or a proxy; of writes one after another the
 * first one does.
 *
 * @param body a string, for Node sends it in one piece with the head; a buffer goes out beside it
 */
export function endTogether(res: ServerResponse, body: string): void {
  if (waiting.length === 0) setImmediate(endAll);
  waiting.push([res, body]);
}

function endAll(): void {
  const ready = waiting;
  waiting = [];
  for (const [res, body] of ready) res.end(body);
}
