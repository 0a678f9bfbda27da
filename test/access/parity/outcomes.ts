import { AppError, type ErrorCode } from '../../../src/core/errors.ts';
import type { Telemetry } from '../../../src/core/telemetry.ts';

/** How an operation ended. */
export interface Outcome {
  readonly operation: string;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** What operations say to whichever door asked, the outermost first. */
export function createOutcomes() {
  let outcomes: Outcome[] = [];
  return {
    observe: (telemetry: Telemetry): Telemetry => ({
      ...telemetry,
      operation: async (of, info, work) => {
        const operation = of.name;
        const at = outcomes.push({ operation }) - 1;
        const noting = outcomes;
        try {
          const result = await telemetry.operation(of, info, work);
          noting[at] = { operation, result };
          return result;
        } catch (error) {
          noting[at] = { operation, error };
          throw error;
        }
      },
    }),
    /** Those since it was asked last. */
    take: (): readonly Outcome[] => {
      const taken = outcomes;
      outcomes = [];
      return taken;
    },
  };
}

/** The error of the table that it was, if it was one. */
export function codeOf(outcome: Outcome | undefined): ErrorCode | undefined {
  const error = outcome?.error;
  if (error === undefined) return undefined;
  return error instanceof AppError ? error.code : 'INTERNAL_SERVER_ERROR';
}

/** What has to be done first, where it was neither the end nor a failure. */
export function stateOf(outcome: Outcome | undefined): string | undefined {
  return (outcome?.result as { readonly state?: string } | undefined)?.state;
}
