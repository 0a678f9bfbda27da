import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, mapAsyncIterator } from 'graphql-yoga';
import type { Log } from '../../adapters/log.ts';
import type { Engine, Executed } from './engine.ts';
import { createErrorMask, logUnexpected } from './errors.ts';

/** How many failed fields one answer has at most: a list may have one for each of its items. */
const MOST_FAILED_FIELDS = 20;

/** Masks whole results, and each result of a subscription. Unexpected errors are logged. */
export function createResultMask(log: Log): {
  readonly result: Engine['mask'];
  readonly refusal: Engine['refuse'];
} {
  const mask = createErrorMask(log);
  const refusal = (error: unknown): ExecutionResult => ({ errors: [mask(error)] });
  const one = (result: ExecutionResult, requestId: string): ExecutionResult => {
    if (!result.errors) return result;
    const errors = result.errors.slice(0, MOST_FAILED_FIELDS).map(mask);
    logUnexpected(log, errors, requestId);
    return { ...result, errors };
  };
  const result = (executed: Executed, requestId: string): Executed =>
    isAsyncIterable(executed)
      ? mapAsyncIterator(executed, (event) => one(event, requestId), refusal)
      : one(executed, requestId);
  return { result, refusal };
}
