import type { ExecutionResult } from 'graphql';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../../core/services.ts';
import { withFewErrors } from './bounded.ts';
import { createErrorMask, logUnexpected } from './errors.ts';
import type { GraphqlParams } from './request.ts';
import type { Engine, Executed, GraphqlServer } from './yoga.ts';

/** Executes a request, or says why it is not executed. By GET nothing is changed. */
export type Execute = (
  method: 'GET' | 'POST',
  params: GraphqlParams,
  app: Context,
) => Promise<Executed>;

/**
 * What has been through Yoga's pipeline before is executed at once, for the pipeline costs a small request
 * more than its execution does. Anything else goes through it, once.
 */
export function createExecute(
  { log }: Services,
  yoga: GraphqlServer,
  { documents, known }: Engine,
): Execute {
  const requests = {
    GET: new Request('http://localhost/graphql'),
    POST: new Request('http://localhost/graphql', { method: 'POST' }),
  };
  const mask = createErrorMask(log);
  const refusal = (error: unknown): ExecutionResult => ({ errors: [mask(error)] });

  const finish = (result: ExecutionResult, { request }: Context): ExecutionResult => {
    if (!result.errors) return result;
    const few = withFewErrors(result);
    const errors = (few.errors ?? []).map(mask);
    logUnexpected(log, errors, request.id);
    return { ...few, errors };
  };

  const throughYoga: Execute = async (method, params, app) => {
    try {
      const request = requests[method];
      return (await yoga.getResultForParams({ params, request }, { app })) as Executed;
    } catch (error) {
      if (error instanceof AppError) throw error;
      return refusal(error);
    }
  };

  return (method, params, app) => {
    let wanted = params;
    try {
      if (documents) wanted = documents.resolve(params);
    } catch (error) {
      return Promise.resolve(refusal(error));
    }
    const executing = method === 'POST' ? known.execute(wanted, app) : undefined;
    if (!executing) return throughYoga(method, wanted, app);
    return executing.then((result) => finish(result, app));
  };
}
