import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestInfo } from '../../core/request.ts';
import type { TimeLimit } from './time-limit.ts';

/**
 * Answers a request that the edge has let in. What is not answered in time is answered by the server; a
 * door that says so in its own words waits for its work within `time`.
 */
export type Handler = (
  req: IncomingMessage,
  res: ServerResponse,
  info: RequestInfo,
  time: TimeLimit,
) => Promise<void> | void;
