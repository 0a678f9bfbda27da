import type { ObjectRef } from '@pothos/core';
import type { z } from 'zod';
import type { Actor } from '../core/actor.ts';
import type { Context } from '../core/context.ts';
import { AppError, type ExpectedCode } from '../core/errors.ts';
import type { Operation, State } from '../core/operation.ts';
import { builder, offer } from './builder.ts';
import { type Failure, failureType, toFailure } from './failures.ts';
import { inputType } from './input.ts';

type Ref<T> = ObjectRef<typeof builder.$inferSchemaTypes, T>;

/**
 * Offers an operation as a mutation: `op(input: OpInput!): OpResult!`, where the result is a union of
 * the success type, of the states that it may stop at, and of one type for each failure that it declares.
 */
export function mutationOf<S extends z.ZodObject, F extends ExpectedCode, R extends object>(
  op: Operation<S, F, R>,
  success: Ref<Exclude<R, State>>,
  states: { readonly [R2 in Extract<R, State> as R2['state']]: Ref<R2> },
): void;
export function mutationOf<S extends z.ZodObject, F extends ExpectedCode, R extends object>(
  op: Operation<S, F, R>,
  success: Ref<R>,
): void;
export function mutationOf<S extends z.ZodObject, F extends ExpectedCode, R extends object>(
  op: Operation<S, F, R>,
  success: Ref<R>,
  states: Readonly<Record<string, Ref<R>>> = {},
): void {
  const pascal = op.name[0]?.toUpperCase() + op.name.slice(1);
  const type = builder.unionType(`${pascal}Result`, {
    description: `How \`${op.name}\` can end.`,
    types: [success, ...Object.values(states), ...op.fails.map(failureType)],
    resolveType: (value: R | Failure | State) => {
      if ('__typename' in value) return value.__typename;
      return 'state' in value ? states[value.state]?.name : success.name;
    },
  });
  const takesInput = Object.keys(op.input.shape).length > 0;
  const input = takesInput ? inputType(`${pascal}Input`, op.input) : undefined;

  builder.mutationField(op.name, (t) =>
    t.field({
      type,
      ...offer(op),
      args: input ? { input: t.arg({ type: input, required: !takesNothing(op.input) }) } : {},
      // The union's members are the operation's result and its failures; Pothos cannot see that of R.
      resolve: ((_root: unknown, args: { input?: unknown }, ctx: Context) =>
        outcome(op, ctx, args.input)) as never,
    }),
  );
}

/** Whether an operation does its work with no input as well. */
function takesNothing(schema: z.ZodObject): boolean {
  return schema.safeParse({}).success;
}

/** Runs an operation; a failure that it declares is a value here, any other stays an error. */
async function outcome<R extends object>(
  op: Operation<z.ZodObject, ExpectedCode, R>,
  ctx: Context,
  input: unknown,
): Promise<R | Failure> {
  try {
    const result = await op.run(ctx, input);
    if ('actor' in result) become(ctx, result.actor as Actor);
    return result;
  } catch (error) {
    if (error instanceof AppError && (op.fails as readonly string[]).includes(error.code)) {
      return toFailure(error);
    }
    throw error;
  }
}

/** Whoever has just signed in reads the rest of the answer: what it says of them asks who they are. */
function become(ctx: { actor: Actor }, actor: Actor): void {
  ctx.actor = actor;
}
