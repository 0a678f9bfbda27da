import type { IncomingMessage, ServerResponse } from 'node:http';
import { createAnswer } from '../../core/answer.ts';
import type { RequestInfo } from '../../core/request.ts';
import { AppError } from '../../core/errors.ts';
import type { Services } from '../../core/services.ts';
import { clientAddress } from '../../adapters/client-address.ts';
import { createSiteCheck, mayChange } from './cross-site.ts';
import { createHostCheck } from './hosts.ts';
import { METRICS_PATH } from './metrics.ts';
import { problemReply } from './problem.ts';
import { readDeviceCookie } from './device-cookie.ts';

const REQUEST_ID = /^[\w-]{8,64}$/;
const CORS_MAX_AGE_SECONDS = 600;
const CORS_REQUEST_HEADERS = [
  'authorization',
  'content-type',
  'setup-token',
  'x-request-id',
  // By which Apollo says what client it is, and proves that a request was preflighted.
  'apollographql-client-name',
  'apollographql-client-version',
  'apollo-require-preflight',
].join(', ');

const POLICY = 'content-security-policy';

/** Sent with every answer (ASVS 3.4.2 to 3.4.6). A page that shows something loosens what it must. */
const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-site',
  'cross-origin-opener-policy': 'same-origin',
  [POLICY]: "default-src 'none'; frame-ancestors 'none'",
} as const;

export const HEALTH_PATHS: readonly string[] = ['/healthz', '/livez', '/readyz'];

/** What every request passes, whichever door it wants. */
export interface Edge {
  /** Lets a request in; undefined when it is answered already. */
  readonly admit: (req: IncomingMessage, res: ServerResponse) => RequestInfo | undefined;
  /** The same for a WebSocket, which a page of another site may not open. @throws HOST_NOT_ALLOWED, CROSS_SITE_REQUEST */
  readonly admitSocket: (req: IncomingMessage) => RequestInfo;
  /** Whether a page of another site sent the request. */
  readonly isForeign: (req: IncomingMessage) => boolean;
  /** Sets what goes with every answer. */
  readonly setHeaders: (res: ServerResponse, info: RequestInfo) => void;
  /** The same with the headers of one answer, for writeHead, which takes half the time then. */
  readonly rawHeaders: (info: RequestInfo, own: readonly string[]) => string[];
}

export function createEdge(services: Services): Edge {
  const { config } = services;
  const origins = new Set(config.corsOrigins);
  const isHttps = config.publicUrl.startsWith('https:');
  const fixed: readonly (readonly [name: string, value: string])[] = [
    ...Object.entries(SECURITY_HEADERS),
    ...(isHttps ? [['strict-transport-security', 'max-age=31536000'] as const] : []),
  ];
  const flat = fixed.flat();
  const withoutPolicy = fixed.filter(([name]) => name !== POLICY).flat();
  const isForeign = createSiteCheck(config);
  const isAllowedHost = createHostCheck(config);
  const health = [...HEALTH_PATHS, ...(config.metricsToken ? [METRICS_PATH] : [])];
  /** Health checks and scrapers come by an address or by no name at all. */
  const isHealth = ({ url }: IncomingMessage) => health.includes(pathOf(url));
  const isMisdirected = (req: IncomingMessage) =>
    isAllowedHost !== undefined && !isAllowedHost(req.headers.host) && !isHealth(req);

  const setHeaders: Edge['setHeaders'] = (res, info) => {
    res.setHeader('x-request-id', info.id);
    for (const [name, value] of fixed) res.setHeader(name, value);
  };

  return {
    admit: (req, res) => {
      if (lacksHost(req) && !isHealth(req)) {
        res.writeHead(400, { connection: 'close' }).end();
        return undefined;
      }
      const known = { ...requestInfo(services, req), answer: createAnswer() };
      if (isMisdirected(req)) {
        setHeaders(res, known);
        const { status, headers, body } = problemReply(new AppError('HOST_NOT_ALLOWED'), known.id);
        res.writeHead(status, { ...headers, 'cache-control': 'no-store' }).end(body);
        return undefined;
      }
      const isRefused = mayChange(req) && isForeign(req);
      const info = isRefused ? { ...known, refusal: new AppError('CROSS_SITE_REQUEST') } : known;
      if (origins.size === 0) return info;
      setHeaders(res, info);
      return allowOrigin(req, res, origins) ? undefined : info;
    },
    admitSocket: (req) => {
      if (isMisdirected(req)) throw new AppError('HOST_NOT_ALLOWED');
      if (isForeign(req)) throw new AppError('CROSS_SITE_REQUEST');
      return requestInfo(services, req);
    },
    isForeign,
    setHeaders,
    rawHeaders: (info, own) => {
      const common = own.includes(POLICY) ? withoutPolicy : flat;
      return ['x-request-id', info.id, ...common, ...own];
    },
  };
}

/** The path of a request target, without its query. */
export function pathOf(url = ''): string {
  const end = url.indexOf('?');
  return end < 0 ? url : url.slice(0, end);
}

/** RFC 9112 section 3.2: HTTP/1.0 knows no Host, and later versions demand one. */
function lacksHost({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.host === undefined && httpVersion !== '1.0';
}

/** What is known of a request before anyone looks at what it wants. */
function requestInfo({ config, random }: Services, req: IncomingMessage): RequestInfo {
  return {
    id: requestId(req) ?? random.uuid(),
    ipAddress: clientAddress(
      req.socket.remoteAddress,
      header(req, 'x-forwarded-for'),
      config.trustedProxies,
    ),
    userAgent: req.headers['user-agent'],
    setupToken: header(req, 'setup-token'),
    deviceToken: readDeviceCookie(req.headers.cookie, config.publicUrl.startsWith('https:')),
  };
}

/** Sets the CORS headers of an allowed origin; answers a preflight, and says so. */
function allowOrigin(
  req: IncomingMessage,
  res: ServerResponse,
  origins: ReadonlySet<string>,
): boolean {
  res.appendHeader('vary', 'Origin');
  const origin = req.headers.origin;
  const isPreflight =
    req.method === 'OPTIONS' && header(req, 'access-control-request-method') !== undefined;
  if (origin !== undefined && origins.has(origin)) {
    res.setHeader('access-control-allow-origin', origin);
    res.setHeader('access-control-allow-credentials', 'true');
    res.setHeader('access-control-expose-headers', 'x-request-id, retry-after');
    if (isPreflight) {
      res.setHeader('access-control-allow-methods', 'GET, POST, PUT, PATCH, DELETE');
      res.setHeader('access-control-allow-headers', CORS_REQUEST_HEADERS);
      res.setHeader('access-control-max-age', String(CORS_MAX_AGE_SECONDS));
    }
  }
  if (!isPreflight) return false;
  res.writeHead(204).end();
  return true;
}

/** A caller's own request id is kept where it is harmless, so that traces join up. */
function requestId(req: IncomingMessage): string | undefined {
  const id = header(req, 'x-request-id');
  return id !== undefined && REQUEST_ID.test(id) ? id : undefined;
}

function header(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return Array.isArray(value) ? value.join(',') : value;
}
