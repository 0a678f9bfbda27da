import type { ExecutionResult } from 'graphql';
import { isAsyncIterable } from 'graphql-yoga';
import type { Context } from '../context.ts';
import { AppError } from '../errors.ts';
import type { Services } from '../services.ts';
import { createErrorMask, logUnexpected } from './errors.ts';
import type { GraphqlParams } from './request.ts';
import type { Engine, Executed, GraphqlServer } from './yoga.ts';

/** Executes a request; undefined where it is refused before anything is executed. */
export type Execute = (params: GraphqlParams, app: Context) => Promise<Executed | undefined>;

/**
 * What has been through Yoga's pipeline before is executed at once, for the pipeline costs a small request
 * more than its execution does. Anything else goes through it.
 */
export function createExecute(
  { log }: Services,
  yoga: GraphqlServer,
  { documents, known }: Engine,
): Execute {
  const unused = new Request('http://localhost/graphql', { method: 'POST' });
  const mask = createErrorMask(log);

  const finish = (result: ExecutionResult, { request }: Context): ExecutionResult => {
    if (!result.errors) return result;
    const errors = result.errors.map(mask);
    logUnexpected(log, errors, request.id);
    return { ...result, errors };
  };

  const throughYoga = async (params: GraphqlParams, app: Context) => {
    try {
      const result = await yoga.getResultForParams({ params, request: unused }, { app });
      return result && ('data' in result || isAsyncIterable(result)) ? result : undefined;
    } catch (error) {
      if (error instanceof AppError) throw error;
      return undefined;
    }
  };

  return (params, app) => {
    const executing = known.execute(resolved(params), app);
    if (!executing) return throughYoga(params, app);
    return executing.then((result) =>
      'data' in result ? finish(result, app) : throughYoga(params, app),
    );
  };

  function resolved(params: GraphqlParams): GraphqlParams {
    try {
      return documents ? documents.resolve(params) : params;
    } catch {
      // What is wrong with it is for the pipeline to say.
      return {};
    }
  }
}
