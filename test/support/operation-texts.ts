import { readdirSync } from 'node:fs';
import type { z } from 'zod';
import type { Operation } from '../../src/core/operation.ts';

type AnyOperation = Operation<z.ZodType, never, unknown>;

/** A text that an operation takes. */
export interface OperationText {
  /** The operation and the path in its input. */
  readonly name: string;
  /** The last part of the path. */
  readonly field: string;
  readonly schema: z.ZodType;
}

/** Every operation that there is. */
async function listOperations(): Promise<readonly AnyOperation[]> {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
  const modules = await Promise.all(
    files
      .filter((file) => /operations\.ts$|dialects\/.*\.ts$|oauth\/.*\.ts$/.test(file))
      .map(
        (file) =>
          import(/* @vite-ignore */ `${process.cwd()}/src/${file}`) as Promise<
            Record<string, unknown>
          >,
      ),
  );
  return [...new Set(modules.flatMap((module) => Object.values(module)))].filter(isOperation);
}

function isOperation(value: unknown): value is AnyOperation {
  return typeof value === 'object' && value !== null && 'run' in value && 'input' in value;
}

/** Every text that any of them takes, wherever in its input it stands. */
export async function listOperationTexts(): Promise<readonly OperationText[]> {
  const operations = await listOperations();
  return operations.flatMap(({ name, input }) => textsIn(name, name, input));
}

function textsIn(name: string, field: string, schema: z.ZodType): readonly OperationText[] {
  const { def } = schema as unknown as { readonly def: Definition };
  switch (def.type) {
    case 'string':
      return [{ name, field, schema }];
    case 'object':
      return Object.entries(def.shape ?? {}).flatMap(([key, value]) =>
        textsIn(`${name}.${key}`, key, value),
      );
    case 'array':
      return def.element ? textsIn(`${name}[]`, field, def.element) : [];
    case 'union':
      return (def.options ?? []).flatMap((option) => textsIn(name, field, option));
    case 'pipe':
      return def.in ? textsIn(name, field, def.in) : [];
    default:
      return def.innerType ? textsIn(name, field, def.innerType) : [];
  }
}

/** What zod tells of a schema, as far as it holds others. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly in?: z.ZodType;
  readonly innerType?: z.ZodType;
}
