import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors.ts';

/** How long a body that is too large is read on, unkept. */
const LINGER_MS = 1000;

/**
 * Reads a request body of at most `limit` bytes, counted as they come: a length may be a lie. What is
 * too much is read on for a moment: a client that is still sending would lose the answer with the
 * connection.
 */
export function readBody(req: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    let linger: NodeJS.Timeout | undefined;
    const refuse = () => reject(new AppError('BODY_TOO_LARGE'));
    const overflow = () => {
      chunks = [];
      linger ??= setTimeout(refuse, LINGER_MS);
    };

    if (Number(req.headers['content-length'] ?? 0) > limit) overflow();
    req.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size > limit) overflow();
      else chunks.push(chunk);
    });
    req.on('end', () => {
      if (linger) refuse();
      else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    });
    req.on('error', () => reject(new AppError('MALFORMED_BODY')));
    req.on('close', () => {
      clearTimeout(linger);
      if (!req.complete) reject(new AppError('MALFORMED_BODY'));
    });
  });
}
