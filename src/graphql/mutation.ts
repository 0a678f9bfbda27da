import type { ObjectRef } from '@pothos/core';
import type { z } from 'zod';
import type { Context } from '../context.ts';
import { AppError, type ExpectedCode } from '../errors.ts';
import type { Operation } from '../operation.ts';
import { builder } from './builder.ts';
import { type Failure, failureType, toFailure } from './failures.ts';
import { inputType } from './input.ts';

/**
 * Offers an operation as a mutation: `op(input: OpInput!): OpResult!`, where the result is a union of
 * the success type and of one type for each failure that the operation declares.
 */
export function mutationOf<S extends z.ZodObject, F extends ExpectedCode, R extends object>(
  op: Operation<S, F, R>,
  success: ObjectRef<typeof builder.$inferSchemaTypes, R>,
): void {
  const pascal = op.name[0]?.toUpperCase() + op.name.slice(1);
  const type = builder.unionType(`${pascal}Result`, {
    description: `How \`${op.name}\` can end.`,
    types: [success, ...op.fails.map(failureType)],
    resolveType: (value: R | Failure) => ('__typename' in value ? value.__typename : success.name),
  });
  const takesInput = Object.keys(op.input.shape).length > 0;
  const input = takesInput ? inputType(`${pascal}Input`, op.input) : undefined;

  builder.mutationField(op.name, (t) =>
    t.field({
      type,
      description: op.description,
      authScopes: op.scopes,
      args: input ? { input: t.arg({ type: input, required: true }) } : {},
      // The union's members are the operation's result and its failures; Pothos cannot see that of R.
      resolve: ((_root: unknown, args: { input?: unknown }, ctx: Context) =>
        outcome(op, ctx, args.input)) as never,
    }),
  );
}

/** Runs an operation; a failure that it declares is a value here, any other stays an error. */
async function outcome<R>(
  op: Operation<z.ZodObject, ExpectedCode, R>,
  ctx: Context,
  input: unknown,
): Promise<R | Failure> {
  try {
    return await op.run(ctx, input);
  } catch (error) {
    if (error instanceof AppError && (op.fails as readonly string[]).includes(error.code)) {
      return toFailure(error);
    }
    throw error;
  }
}
