import { format } from 'node:util';
import type { Log } from './log.ts';
import { createSparingLog } from './sparing-log.ts';

const METHODS = ['log', 'info', 'debug', 'warn', 'error', 'trace', 'dir', 'table'] as const;
const MAX_TEXT = 1000;

/**
 * Sends what libraries print on the console, and the warnings of Node, to the log: the output of the process
 * is JSON lines and nothing else. Answers how to undo it.
 */
export function captureConsole(log: Log): () => void {
  const sparing = createSparingLog(log);
  const before = { ...console };
  const own = METHODS.map((method) => [
    method,
    (...texts: unknown[]) => {
      const text = format(...texts).slice(0, MAX_TEXT);
      sparing.warn(`console.${method}`, { text }, 'a library wrote to the console');
    },
  ]);
  Object.assign(console, Object.fromEntries(own));

  const printers = process.listeners('warning');
  const onWarning = (err: Error) => sparing.warn(err.name, { err }, 'a warning of Node');
  process.removeAllListeners('warning').on('warning', onWarning);

  return () => {
    Object.assign(console, before);
    process.off('warning', onWarning);
    for (const printer of printers) process.on('warning', printer);
  };
}
