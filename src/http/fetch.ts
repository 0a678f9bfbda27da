import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** A request whose body has been read, as the fetch standard has it. It aborts when the client goes. */
export function toFetchRequest(
  req: IncomingMessage,
  res: ServerResponse,
  body: Buffer | null,
): Request {
  const client = new AbortController();
  res.once('close', () => {
    if (!res.writableFinished) client.abort();
  });
  const headers = new Headers();
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    headers.append(req.rawHeaders[i] as string, req.rawHeaders[i + 1] as string);
  }
  return new Request(new URL(req.url ?? '/', 'http://localhost'), {
    method: req.method ?? 'GET',
    headers,
    signal: client.signal,
    body: body && new Uint8Array(body),
  });
}

/** Writes the head of a fetch response. */
export function sendHead(res: ServerResponse, response: Response): void {
  for (const [name, value] of response.headers) res.appendHeader(name, value);
  // A stream too, for which Yoga says only no-cache.
  res.setHeader('cache-control', 'no-store');
  res.writeHead(response.status);
}

/** Writes a fetch response. */
export async function sendResponse(res: ServerResponse, response: Response): Promise<void> {
  sendHead(res, response);
  if (response.body === null) {
    res.end();
    return;
  }
  try {
    await pipeline(response.body as AsyncIterable<Uint8Array>, res);
  } catch (error) {
    // The client went away in the middle: nobody is left to tell.
    if (!res.destroyed) throw error;
  }
}
