import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { authenticate, bearerToken } from '../access/authenticate.ts';
import type { Context, RequestInfo } from '../context.ts';
import { AppError } from '../errors.ts';
import { readBody } from '../http/body.ts';
import { sendResponse, toFetchRequest } from '../http/fetch.ts';
import type { Handler } from '../http/handler.ts';
import type { Services } from '../services.ts';
import { createGraphqlServer, type GraphqlServer } from './yoga.ts';

type GraphqlParams = Parameters<GraphqlServer['getResultForParams']>[0]['params'];

const JSON_BODY = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

/** The media type to answer in, for the `Accept` values that need no weighing. */
const PLAIN_ACCEPT = new Map<string | undefined, string>([
  [undefined, 'application/json'],
  ['*/*', 'application/json'],
  ['application/json', 'application/json'],
  ['application/graphql-response+json', 'application/graphql-response+json'],
]);

/**
 * Answers `/graphql`. The plain case (POST, JSON, one operation, an answer without errors) goes through
 * Yoga's pipeline but not through its fetch layer, which costs several times as much; everything else is
 * answered by Yoga's front door, with the result where there is one already.
 */
export function createGraphqlDoor(services: Services): Handler {
  const yoga = createGraphqlServer(services);
  const unused = new Request('http://localhost/graphql', { method: 'POST' });

  return async (req, res, info) => {
    const body = req.method === 'POST' ? await readBody(req, services.config.bodyLimitBytes) : null;
    const app = await createContext(services, req, info);
    const params = body && readPlainRequest(req, body);
    const executed = params ? await execute(yoga, params, unused, app) : undefined;
    const mediaType = PLAIN_ACCEPT.get(req.headers.accept);
    if (executed && mediaType && isPlainResult(executed)) {
      sendResult(res, mediaType, executed);
      return;
    }
    const request = toFetchRequest(req, res, body);
    await sendResponse(res, await yoga.fetch(request, { app, executed }));
  };
}

async function createContext(
  services: Services,
  req: IncomingMessage,
  request: RequestInfo,
): Promise<Context> {
  const { authorization } = req.headers;
  const actor = await authenticate(services, [bearerToken], { authorization, cookie: undefined });
  return { ...services, actor, request };
}

/** The parameters of a plain request; undefined leaves it to the front door to say what is wrong. */
function readPlainRequest(req: IncomingMessage, body: Buffer): GraphqlParams | undefined {
  if (!JSON_BODY.test(req.headers['content-type'] ?? '')) return undefined;
  try {
    const params: unknown = JSON.parse(body.toString('utf8'));
    return typeof params === 'object' && params !== null && !Array.isArray(params)
      ? params
      : undefined;
  } catch {
    return undefined;
  }
}

/** Executes through Yoga's plugins and masking; undefined where it refuses before executing. */
async function execute(
  yoga: GraphqlServer,
  params: GraphqlParams,
  request: Request,
  app: Context,
): Promise<ExecutionResult | undefined> {
  try {
    const result = await yoga.getResultForParams({ params, request }, { app });
    return result && 'data' in result ? result : undefined;
  } catch (error) {
    if (error instanceof AppError) throw error;
    return undefined;
  }
}

function isPlainResult(result: ExecutionResult): boolean {
  return result.errors === undefined && result.extensions === undefined;
}

function sendResult(res: ServerResponse, mediaType: string, result: ExecutionResult): void {
  const body = Buffer.from(JSON.stringify(result));
  res.writeHead(200, {
    'content-type': `${mediaType}; charset=utf-8`,
    'content-length': body.byteLength,
    'cache-control': 'no-store',
  });
  res.end(body);
}
