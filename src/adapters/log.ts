import { pino } from 'pino';
import { INSTANCE } from './instance.ts';

/** Structured log lines; one JSON object each, so that no value can forge a line (ASVS 16.4.1). */
export interface Log {
  readonly debug: (fields: object, message: string) => void;
  readonly info: (fields: object, message: string) => void;
  readonly warn: (fields: object, message: string) => void;
  readonly error: (fields: object, message: string) => void;
}

/** @param level a pino level, or `silent` */
export function createLog(level: string): Log {
  return pino({ level, base: { instance: INSTANCE }, timestamp: pino.stdTimeFunctions.isoTime });
}
