import type { ServerResponse } from 'node:http';
import { AppError } from '../../core/errors.ts';
import { JWKS_MAX_AGE_SECONDS } from '../../features/signing-keys/rules.ts';
import { metadata, metadataPaths } from '../oauth/metadata.ts';
import type { Services } from '../../core/services.ts';
import { HEALTH_PATHS } from './edge.ts';
import type { Handler } from './handler.ts';
import { sendProblem } from './problem.ts';

/** The pages that belong to no API: health, readiness, the public keys and what else there is. */
export function createWellKnownDoor(services: Services, isLeaving: () => boolean): Handler {
  const document = JSON.stringify(metadata(services.config));
  const sendMetadata = (res: ServerResponse) => {
    res.setHeader('cache-control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`);
    sendJson(res, 200, document);
  };
  const pages: Readonly<Record<string, (res: ServerResponse) => Promise<void> | void>> = {
    '/healthz': sendAlive,
    '/livez': sendAlive,
    '/readyz': async (res) => {
      const ready = !isLeaving() && (await canServe(services));
      sendJson(res, ready ? 200 : 503, JSON.stringify({ status: ready ? 'ready' : 'not ready' }));
    },
    '/.well-known/jwks.json': (res) => {
      res.setHeader('cache-control', `public, max-age=${JWKS_MAX_AGE_SECONDS}`);
      sendJson(res, 200, JSON.stringify(services.keys.jwks()));
    },
    ...Object.fromEntries(metadataPaths(services.config).map((path) => [path, sendMetadata])),
  };

  return async (req, res, info) => {
    const path = (req.url ?? '').replace(/\?.*/s, '');
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined;
    if (!page) {
      sendProblem(res, new AppError('NOT_FOUND'), info.id);
      return;
    }
    services.telemetry.routed(info, {
      door: 'pages',
      route: path,
      ...(HEALTH_PATHS.includes(path) && { isRoutine: true }),
    });
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      res.setHeader('allow', 'GET, HEAD');
      sendProblem(res, new AppError('METHOD_NOT_ALLOWED'), info.id);
      return;
    }
    await page(res);
  };
}

function sendAlive(res: ServerResponse): void {
  sendJson(res, 200, '{"status":"ok"}');
}

async function canServe({ db, log }: Services): Promise<boolean> {
  try {
    await db.ping();
    const takesWrites = await db.takesWrites();
    if (!takesWrites) log.warn({}, 'the database takes no writes');
    return takesWrites;
  } catch (error) {
    log.warn({ err: error }, 'the database does not answer');
    return false;
  }
}

function sendJson(res: ServerResponse, status: number, body: string): void {
  if (!res.hasHeader('cache-control')) res.setHeader('cache-control', 'no-store');
  res.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  res.end(body);
}
