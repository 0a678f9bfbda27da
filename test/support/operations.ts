import { readdir } from 'node:fs/promises';
import type { z } from 'zod';
import type { ExpectedCode } from '../../src/core/errors.ts';
import type { Operation } from '../../src/core/operation.ts';

export type AnyOperation = Operation<z.ZodType, ExpectedCode, unknown>;

const FEATURES = new URL('../../src/features/', import.meta.url);

/** Every operation that a feature exports, by its name. */
export async function allOperations(): Promise<ReadonlyMap<string, AnyOperation>> {
  const files = await readdir(FEATURES, { recursive: true });
  const modules = await Promise.all(
    files
      .filter((file) => file.endsWith('operations.ts'))
      .map((file) => import(new URL(file, FEATURES).href) as Promise<Record<string, unknown>>),
  );
  const found = modules.flatMap((module) => Object.values(module)).filter(isOperation);
  return new Map(found.map((operation) => [operation.name, operation]));
}

function isOperation(value: unknown): value is AnyOperation {
  const { run, fails, scopes } = (value ?? {}) as Partial<AnyOperation>;
  return typeof run === 'function' && fails !== undefined && scopes !== undefined;
}
