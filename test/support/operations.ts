import { readdirSync } from 'node:fs';
import type { z } from 'zod';
import type { ExpectedCode } from '../../src/errors.ts';
import type { Operation } from '../../src/operation.ts';

const FEATURES = new URL('../../src/features/', import.meta.url);

type AnyOperation = Operation<z.ZodType, ExpectedCode, unknown>;

/** Every operation that there is, by name: whatever a feature exports that can be run. */
export async function allOperations(): Promise<ReadonlyMap<string, AnyOperation>> {
  const files = readdirSync(FEATURES, { recursive: true, encoding: 'utf8' });
  const operations = new Map<string, AnyOperation>();
  for (const file of files.filter((name) => name.endsWith('operations.ts')).sort()) {
    const exported = (await import(new URL(file, FEATURES).href)) as Record<string, unknown>;
    for (const value of Object.values(exported)) {
      if (isOperation(value)) operations.set(value.name, value);
    }
  }
  return operations;
}

function isOperation(value: unknown): value is AnyOperation {
  return typeof value === 'object' && value !== null && 'run' in value && 'scopes' in value;
}
