import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestInfo } from '../context.ts';

/** Answers a request that the edge has let in. */
export type Handler = (
  req: IncomingMessage,
  res: ServerResponse,
  info: RequestInfo,
) => Promise<void> | void;
