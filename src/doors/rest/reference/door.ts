import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../../../core/errors.ts';
import type { Handler } from '../../http/handler.ts';
import { sendProblem } from '../../http/problem.ts';
import type { Services } from '../../../core/services.ts';
import { DIALECTS } from '../mounts.ts';
import { openApiOf } from './openapi.ts';
import { renderPage } from './page.ts';

interface File {
  readonly content: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The OpenAPI document of each dialect and the page that shows them all, where REST_REFERENCE lets
 * them be seen; undefined for any other path. Each is made when it is first asked for.
 */
export function createReferenceDoor({
  config,
  telemetry,
}: Services): (url: string) => Handler | undefined {
  if (!config.restReference) return () => undefined;
  const handlers = new Map<string, Handler>();
  const serve = (path: string, make: () => Promise<File>) => {
    let file: Promise<File> | undefined;
    handlers.set(path, async (req, res, info) => {
      telemetry.routed(info, { door: 'pages', route: path });
      if (req.method !== 'GET' && req.method !== 'HEAD') {
        res.setHeader('allow', 'GET, HEAD');
        sendProblem(res, new AppError('METHOD_NOT_ALLOWED'), info.id);
        return;
      }
      send(req, res, await (file ??= make()));
    });
  };
  for (const dialect of DIALECTS) {
    serve(`/compat/${dialect.name}/openapi.json`, async () => ({
      content: Buffer.from(JSON.stringify(await openApiOf(dialect))),
      headers: { 'content-type': 'application/json; charset=utf-8' },
    }));
  }
  serve('/compat', async () => {
    const { html, policy } = await renderPage();
    return {
      content: Buffer.from(html),
      headers: {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': policy,
      },
    };
  });
  return (url) => handlers.get(url.replace(/\?.*/s, ''));
}

function send(req: IncomingMessage, res: ServerResponse, { content, headers }: File): void {
  res.writeHead(200, {
    ...headers,
    'content-length': content.byteLength,
    'cache-control': 'no-store',
  });
  res.end(req.method === 'HEAD' ? undefined : content);
}
