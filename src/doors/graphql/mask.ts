import type { ExecutionResult } from 'graphql';
import { isAsyncIterable, mapAsyncIterator } from 'graphql-yoga';
import type { Log } from '../../adapters/log.ts';
import { createErrorMask, logUnexpected } from './errors.ts';

/** A result, or those of a subscription as they come. */
export type Executed = ExecutionResult | AsyncIterable<ExecutionResult>;

/** How many failed fields one answer has at most: a list may have one for each of its items. */
const MOST_FAILED_FIELDS = 20;

export interface ResultMask {
  readonly result: (executed: Executed, requestId: string) => Executed;
  /** The result of a request that failed with an error. */
  readonly refusal: (error: unknown) => ExecutionResult;
}

/** Masks whole results, and each result of a subscription. Unexpected errors are logged. */
export function createResultMask(log: Log): ResultMask {
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
