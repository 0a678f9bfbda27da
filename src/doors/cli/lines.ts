import { TextDecoder } from 'node:util';

/** One line of a file, or why it cannot be read. */
export interface TextLine {
  readonly number: number;
  readonly text?: string;
  readonly fault?: string;
  /** Where in the file it ends, in bytes. */
  readonly end: number;
}

const MAX_BYTES = 65_536;
const NEWLINE = 10;

/**
 * The lines of a UTF-8 stream as they come in, blank ones left out. What is longer than a line may be is
 * passed over as it is read, so no file takes more memory than another.
 */
export async function* readLines(stream: AsyncIterable<Buffer>): AsyncGenerator<TextLine> {
  let [number, end, size] = [1, 0, 0];
  let parts: Buffer[] = [];
  const take = (part: Buffer) => {
    size += part.length;
    end += part.length;
    if (size <= MAX_BYTES) parts.push(part);
    else parts = [];
  };
  const finish = (): TextLine => {
    const line = { number, end, ...(size > MAX_BYTES ? TOO_LONG : decode(parts)) };
    [number, size, parts] = [number + 1, 0, []];
    return line;
  };

  for await (const chunk of stream) {
    let from = 0;
    for (let at; (at = chunk.indexOf(NEWLINE, from)) !== -1; from = at + 1) {
      take(chunk.subarray(from, at + 1));
      const line = finish();
      if (line.text !== '') yield line;
    }
    take(chunk.subarray(from));
  }
  const last = finish();
  if (last.text !== '') yield last;
}

const TOO_LONG = { fault: `is longer than ${MAX_BYTES} bytes` };
const decoder = new TextDecoder('utf-8', { fatal: true });

function decode(parts: readonly Buffer[]): Pick<TextLine, 'text' | 'fault'> {
  try {
    return { text: decoder.decode(Buffer.concat(parts)).trim() };
  } catch {
    return { fault: 'is not UTF-8' };
  }
}
