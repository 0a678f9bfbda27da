import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

const LISTENERS = 20;

/** Writes the head of a fetch response. */
export function sendHead(res: ServerResponse, response: Response): void {
  for (const [name, value] of response.headers) {
    // Whether the connection goes on is for the server to say.
    if (name !== 'connection') res.appendHeader(name, value);
  }
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
  // `pipeline` adds five to those that wait for the end of an answer here: Node.js would warn of a leak.
  res.setMaxListeners(LISTENERS);
  try {
    await pipeline(response.body as AsyncIterable<Uint8Array>, res);
  } catch (error) {
    // The client went away in the middle: nobody is left to tell.
    if (!res.destroyed) throw error;
  }
}
