import {
  apiKey,
  bearerIn,
  bearerToken,
  opaqueCookie,
  openWhileOff,
} from '../../authentication/authenticate.ts';
import type { Actor } from '../../core/actor.ts';
import type { Context } from '../../core/context.ts';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../../core/services.ts';
import type { Call, Endpoint, HttpReply } from '../http/endpoint.ts';
import { toAppError } from '../http/problem.ts';
import { statusOf } from './bodies.ts';
import type { Ask, Dialect, Reply, Row } from './dialect.ts';
import { type Mount, planMounts } from './mounts.ts';
import { readQuery, requireReadableBody, type RestRequest } from './request.ts';

/** The documented REST APIs: one endpoint a row, at each mount of its dialect. */
export function restEndpoints(services: Services): readonly Endpoint[] {
  return planMounts(services.config.restRoot).flatMap((mount) => mountEndpoints(services, mount));
}

function mountEndpoints(services: Services, { dialect, base }: Mount): readonly Endpoint[] {
  const rows = dialect.rows.map((row) => rowEndpoint(services, dialect, row, base + row.path));
  if (base === '') return rows;
  const nothing: Endpoint = {
    methods: 'any',
    path: `${base}/*`,
    answer: () => {
      throw new AppError('NOT_FOUND');
    },
    failure: (error, { actor }) => toHttp(dialect.failure(error, { actor })),
  };
  return [...rows, nothing];
}

function rowEndpoint(services: Services, dialect: Dialect, row: Row, path: string): Endpoint {
  const { owner = dialect } = row;
  const isHttps = services.config.publicUrl.startsWith('https:');
  return {
    methods: row.method === 'GET' ? ['GET', 'HEAD'] : [row.method],
    path,
    route: { door: dialect.name, route: `${row.method} ${row.path}` },
    strategies: strategiesOf(owner),
    cookie: owner.cookie,
    readsBody: true,
    answer: (ctx, call) =>
      answer({ ...ctx, tokenKind: dialect.tokenKind }, owner, row, toRequest(call, isHttps)),
    failure: (error, call) => {
      const request = call.body && toRequest(call, isHttps);
      try {
        const told = dialect.failure(error, { actor: call.actor, row, request });
        return withChallenge(toHttp(told), owner, error, call.actor);
      } catch (second) {
        return lastWord(toAppError(services.log, second, call.info.id));
      }
    },
  };
}

async function answer(
  ctx: Context,
  owner: Dialect,
  row: Row,
  request: RestRequest,
): Promise<HttpReply> {
  const ask: Ask = (operation, wanted, as = ctx.actor) =>
    operation.run({ ...ctx, actor: as }, wanted);
  const input = () => {
    requireReadableBody(request, row.input.fields);
    return row.input(request);
  };
  const result = await row.operation.run(ctx, input, { inputFirst: owner.refusesInputFirst });
  return toHttp(await row.reply(result, request, ask));
}

function strategiesOf({ cookie, takesApiKeys, isOpenWhileOff }: Dialect) {
  return [
    ...(isOpenWhileOff ? [openWhileOff] : []),
    ...(takesApiKeys ? [apiKey] : []),
    cookie === undefined ? bearerToken : opaqueCookie,
  ];
}

function toRequest({ req, params, body }: Call, isHttps: boolean): RestRequest {
  return {
    method: req.method === 'HEAD' ? 'GET' : (req.method ?? 'GET'),
    params,
    query: readQuery(req.url ?? ''),
    bearer: bearerIn(req.headers.authorization),
    contentType: req.headers['content-type'] ?? '',
    body: body ?? Buffer.alloc(0),
    isHttps,
  };
}

function toHttp({ status, body, headers }: Reply): HttpReply {
  if (body === undefined) return { status, ...(headers && { headers }) };
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}

/** An error whose telling failed: what is left to say is the same in every dialect. */
function lastWord(error: AppError): HttpReply {
  const { message } = error;
  return toHttp({ status: statusOf(error), body: { error: message, detail: message } });
}

function withChallenge(
  reply: HttpReply,
  { cookie }: Dialect,
  error: AppError,
  actor: Actor,
): HttpReply {
  const wanted = cookie === undefined ? challenge(error, actor) : undefined;
  if (wanted === undefined) return reply;
  return { ...reply, headers: { 'www-authenticate': wanted, ...reply.headers } };
}

/** RFC 6750 section 3: a reason only where a token was sent. RFC 9470: one that is too old for this. */
function challenge({ code, details }: AppError, actor: Actor): string | undefined {
  if (code === 'REAUTHENTICATION_REQUIRED') {
    return `Bearer error="insufficient_user_authentication", max_age="${details.maxAgeSeconds}"`;
  }
  if (code === 'FORBIDDEN' && actor.kind === 'apiKey') return 'Bearer error="insufficient_scope"';
  if (code !== 'UNAUTHENTICATED') return undefined;
  const sent = actor.kind === 'anonymous' && actor.fault !== undefined;
  return sent ? 'Bearer error="invalid_token"' : 'Bearer';
}
