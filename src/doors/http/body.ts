import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../../core/errors.ts';
import { holdUnfinished, releaseUnfinished } from './unfinished.ts';

/** How long a body that is too large is read on, unkept. */
const LINGER_MS = 1000;
/** A body of at most so many bytes is read however many others are under way, if it is whole in time. */
const SMALL_BYTES = 64 * 1024;
/** So many larger ones of the greatest length are kept at once. */
const LARGE_BODIES = 32;
const RETRY_SECONDS = 1;
/** In how many pieces a body may come, and how long they are on average beyond that: each costs as much. */
const FEW_PIECES = 1000;
const PIECE_BYTES = 64;

/** The bytes of all bodies that are larger than a small one, until their requests are answered. */
let largeBytes = 0;

/**
 * Reads a request body of at most `limit` bytes, counted as they come: a length may be a lie. What is
 * too much is read on for a moment: a client that is still sending would lose the answer with the
 * connection.
 * @throws BODY_TOO_LARGE, also for what comes byte by byte; OVERLOADED where too many large ones are kept, or
 * too many unfinished ones that came later;
 * MALFORMED_BODY
 */
export function readBody(
  req: IncomingMessage,
  res: ServerResponse,
  limit: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let size = 0;
    let linger: NodeJS.Timeout | undefined;
    let isOverloaded = false;
    const keep = createKeep(res, limit);
    // Made where it is thrown: an error takes a tenth of the time of a small request.
    const refuse = () => reject(isOverloaded ? overloaded() : new AppError('BODY_TOO_LARGE'));
    const overflow = () => {
      releaseUnfinished(giveUp);
      chunks = [];
      linger ??= setTimeout(refuse, LINGER_MS);
    };
    const giveUp = () => {
      isOverloaded = true;
      overflow();
      refuse();
    };
    const whole = Number(req.headers['content-length'] ?? 0);
    if (whole > limit) overflow();
    req.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
      if (linger || size > limit || chunks.length > FEW_PIECES + size / PIECE_BYTES) overflow();
      else if (keep(size)) {
        chunks.push(chunk);
        // Most are whole at once.
        if (size > SMALL_BYTES) releaseUnfinished(giveUp);
        else if (size !== whole) holdUnfinished(giveUp, size, chunks.length);
      } else {
        isOverloaded = true;
        overflow();
      }
    });
    req.on('end', () => {
      releaseUnfinished(giveUp);
      if (linger) refuse();
      else resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    });
    req.on('error', () => reject(new AppError('MALFORMED_BODY')));
    req.on('close', () => {
      clearTimeout(linger);
      releaseUnfinished(giveUp);
      if (!req.complete) reject(new AppError('MALFORMED_BODY'));
    });
  });
}

function overloaded(): AppError {
  return new AppError('OVERLOADED', { retryAfterSeconds: RETRY_SECONDS });
}

/** Keeps a body among the large ones while it grows, until its request is over; false where there is no room. */
function createKeep(res: ServerResponse, limit: number): (size: number) => boolean {
  let kept = 0;
  return (size) => {
    if (size <= SMALL_BYTES) return true;
    const more = size - kept;
    if (res.closed || largeBytes + more > LARGE_BODIES * limit) return false;
    if (kept === 0) {
      res.once('close', () => {
        largeBytes -= kept;
        kept = 0;
      });
    }
    kept = size;
    largeBytes += more;
    return true;
  };
}

/** Values that the JSON of a request may hold; a thousand users to import have a third of them. */
const MOST_VALUES = 20_000;
/** Parameters of a form. */
const MOST_PARAMETERS = 100;
const BEFORE_A_VALUE: ReadonlySet<number> = new Set([...',[{'].map((sign) => sign.charCodeAt(0)));
const BEFORE_A_PARAMETER: ReadonlySet<number> = new Set(['&'.charCodeAt(0)]);

/**
 * Refuses JSON of more values than any request has: once it is read, each takes twenty times its bytes, for
 * as long as the request is worked on.
 * @throws BODY_TOO_LARGE
 */
export function requireFewValues(json: Buffer): void {
  if (holdsMore(json, BEFORE_A_VALUE, MOST_VALUES)) throw new AppError('BODY_TOO_LARGE');
}

/** The same for the parameters of a form. */
export function requireFewParameters(form: Buffer): void {
  if (holdsMore(form, BEFORE_A_PARAMETER, MOST_PARAMETERS)) throw new AppError('BODY_TOO_LARGE');
}

/** Whether so many signs and more stand in a text, in its strings as well. */
function holdsMore(text: Buffer, signs: ReadonlySet<number>, most: number): boolean {
  if (text.byteLength <= most) return false;
  let count = 0;
  for (const byte of text) if (signs.has(byte) && ++count > most) return true;
  return false;
}
