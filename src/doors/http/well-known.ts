import { JWKS_MAX_AGE_SECONDS } from '../../features/signing-keys/rules.ts';
import type { Services } from '../../core/services.ts';
import { HEALTH_PATHS } from './edge.ts';
import { type Endpoint, type HttpReply, jsonReply, pageEndpoint } from './endpoint.ts';

/** Whether the process is alive and whether it serves, for machines. */
export function healthEndpoints(services: Services, isLeaving: () => boolean): readonly Endpoint[] {
  const alive = () => jsonReply(200, { status: 'ok' });
  const ready = async () =>
    !isLeaving() && (await canServe(services))
      ? jsonReply(200, { status: 'ready' })
      : jsonReply(503, { status: 'not ready' });
  return HEALTH_PATHS.map((path) =>
    pageEndpoint(path, path === '/readyz' ? ready : alive, { isRoutine: true }),
  );
}

/** The public keys. */
export function keysEndpoint({ keys }: Services): Endpoint {
  return pageEndpoint('/.well-known/jwks.json', () => publicReply(keys.jwks()));
}

/** A JSON document that caches keep for as long as the public keys. */
export function publicReply(value: unknown): HttpReply {
  const reply = jsonReply(200, value);
  const cacheControl = `public, max-age=${JWKS_MAX_AGE_SECONDS}`;
  return { ...reply, headers: { ...reply.headers, 'cache-control': cacheControl } };
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
