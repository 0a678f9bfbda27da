import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { type Context as HonoContext, Hono } from 'hono';
import { getCookie } from 'hono/cookie';
import { type Actor, ANONYMOUS } from '../../core/actor.ts';
import {
  apiKey,
  authenticate,
  bearerIn,
  bearerToken,
  opaqueCookie,
  openWhileOff,
} from '../../authentication/authenticate.ts';
import { type Context, contextOf } from '../../core/context.ts';
import type { RequestInfo } from '../../core/request.ts';
import { AppError } from '../../core/errors.ts';
import { readBody } from '../http/body.ts';
import { createSiteCheck, type SiteCheck } from '../http/cross-site.ts';
import { deviceCookieHeader } from '../http/device-cookie.ts';
import { pathOf } from '../http/edge.ts';
import type { Handler } from '../http/handler.ts';
import { toAppError } from '../http/problem.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import type { MaybePromise } from '../../core/maybe-promise.ts';
import type { Services } from '../../core/services.ts';
import { statusOf } from './bodies.ts';
import type { Ask, Dialect, Reply, Row } from './dialect.ts';
import { type Mount, planMounts } from './mounts.ts';
import { isPlainPath } from './plain-path.ts';
import { requireReadableBody, type RestRequest } from './request.ts';

interface RestEnv {
  readonly Bindings: HttpBindings & Admitted;
}
type RestContext = HonoContext<RestEnv>;

/** What the server knows of a request before it comes here. */
interface Admitted {
  readonly info: RequestInfo;
  readonly time: TimeLimit;
}

/** Answers the documented REST APIs; calls `otherwise` for a path that is none of theirs. */
export function createRestDoor(services: Services, otherwise: Handler): Handler {
  const app = new Hono<RestEnv>();
  const isForeign = createSiteCheck(services.config);
  for (const mount of planMounts(services.config.restRoot)) {
    addMount(app, { services, isForeign }, mount);
  }
  app.notFound(async (c) => {
    const { incoming, outgoing, info, time } = c.env;
    try {
      await otherwise(incoming, outgoing, info, time);
    } catch (error) {
      // What is thrown after its time is that the answer is out.
      if (!time.isOver()) throw error;
    }
    return new Response(null, { headers: { 'x-hono-already-sent': 'true' } });
  });

  // An error whose telling failed: what is left to say is the same in every dialect.
  app.onError((error, c) => {
    const failure = toAppError(services.log, error, c.env.info.id);
    const { message } = failure;
    return send(c, { status: statusOf(failure), body: { error: message, detail: message } });
  });

  const admitted = new WeakMap<object, Admitted>();
  const listener = getRequestListener(
    (request, env) => {
      const bindings = env as HttpBindings;
      const known = admitted.get(bindings.incoming) as Admitted;
      return app.fetch(request, { ...bindings, ...known });
    },
    { overrideGlobalObjects: false },
  );
  return async (req, res, info, time) => {
    if (!isPlainPath(pathOf(req.url))) throw new AppError('NOT_FOUND');
    admitted.set(req, { info, time });
    await listener(req, res);
  };
}

interface Server {
  readonly services: Services;
  readonly isForeign: SiteCheck;
}

function addMount(app: Hono<RestEnv>, server: Server, { dialect, base }: Mount): void {
  const methods = new Map<string, string[]>();
  for (const row of dialect.rows) {
    const path = base + row.path;
    methods.set(path, [...(methods.get(path) ?? []), row.method]);
    app.on(row.method, path, (c) => answer(server, dialect, row, c));
  }
  for (const [path, allowed] of methods) {
    app.all(path, (c) => {
      c.header('allow', allowed.join(', '));
      return send(c, dialect.failure(new AppError('METHOD_NOT_ALLOWED'), { actor: ANONYMOUS }));
    });
  }
  if (base === '') return;
  app.all(`${base}/*`, (c) =>
    send(c, dialect.failure(new AppError('NOT_FOUND'), { actor: ANONYMOUS })),
  );
}

async function answer(
  { services, isForeign }: Server,
  dialect: Dialect,
  row: Row,
  c: RestContext,
): Promise<Response> {
  const { owner = dialect } = row;
  let actor: Actor = ANONYMOUS;
  let request: RestRequest | undefined;
  const route = { door: dialect.name, route: `${row.method} ${row.path}` };
  services.telemetry.routed(c.env.info, route);
  try {
    const { info, time } = c.env;
    if (info.refusal) throw info.refusal;
    refuseForeignCookie(isForeign, owner, c);
    actor = await time.within(Promise.resolve(identify(services, owner, c)));
    const read = (request = await readRequest(services, c));
    const { tokenKind } = dialect;
    const ctx: Context = { ...contextOf(services, actor, info), tokenKind };
    const ask: Ask = (operation, wanted, as = ctx.actor) =>
      operation.run({ ...ctx, actor: as }, wanted);
    const reply = async () => {
      const order = { inputFirst: owner.refusesInputFirst };
      const input = () => {
        requireReadableBody(read, row.input.fields);
        return row.input(read);
      };
      const result = await row.operation.run(ctx, input, order);
      return row.reply(result, read, ask);
    };
    const replied = await time.within(reply());
    const { deviceToken } = info.answer ?? {};
    return send(c, replied, deviceToken && deviceCookieHeader(deviceToken, read.isHttps));
  } catch (error) {
    const failure = toAppError(services.log, error, c.env.info.id);
    const { retryAfterSeconds } = failure.details;
    if (retryAfterSeconds !== undefined) c.header('retry-after', String(retryAfterSeconds));
    if (failure.code === 'BODY_TOO_LARGE') c.header('connection', 'close');
    if (owner.cookie === undefined) {
      const wanted = challenge(failure, actor);
      if (wanted !== undefined) c.header('www-authenticate', wanted);
    }
    return send(c, dialect.failure(failure, { actor, row, request }));
  }
}

function identify(
  services: Services,
  { cookie, takesApiKeys, isOpenWhileOff }: Dialect,
  c: RestContext,
): MaybePromise<Actor> {
  const strategies = [
    ...(isOpenWhileOff ? [openWhileOff] : []),
    ...(takesApiKeys ? [apiKey] : []),
    cookie === undefined ? bearerToken : opaqueCookie,
  ];
  return authenticate(services, strategies, {
    authorization: c.req.header('authorization'),
    cookie: cookie === undefined ? undefined : getCookie(c, cookie),
  });
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

async function readRequest(services: Services, c: RestContext): Promise<RestRequest> {
  const { incoming, outgoing, time } = c.env;
  return {
    method: c.req.method,
    params: c.req.param(),
    query: c.req.query(),
    bearer: bearerIn(c.req.header('authorization')),
    contentType: c.req.header('content-type') ?? '',
    body: await time.afterBody(readBody(incoming, outgoing, services.config.bodyLimitBytes)),
    isHttps: services.config.publicUrl.startsWith('https:'),
  };
}

/** A cookie does not speak for a page of another site, whatever the method is. */
function refuseForeignCookie(isForeign: SiteCheck, { cookie }: Dialect, c: RestContext): void {
  if (cookie === undefined || getCookie(c, cookie) === undefined) return;
  if (isForeign(c.env.incoming)) throw new AppError('CROSS_SITE_REQUEST');
}

function send(
  c: RestContext,
  { status, body, headers = {} }: Reply,
  deviceCookie?: string,
): Response {
  c.header('cache-control', 'no-store');
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  if (deviceCookie !== undefined) c.header('set-cookie', deviceCookie, { append: true });
  c.status(status as 200);
  return body === undefined ? c.body(null) : c.json(body);
}
