import type { ExecutionArgs, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';

/** What stands against an operation of a valid document, with these variables; undefined: nothing. */
export type Check = (args: ExecutionArgs) => GraphQLError | undefined;

/** Executes nothing that a check has something against. */
export function useChecks(checks: readonly Check[]): Plugin {
  const look = ({ args, setResultAndStopExecution: refuse }: Hook) => {
    for (const check of checks) {
      const error = check(args);
      if (error) return refuse({ errors: [error] });
    }
  };
  return { onExecute: look, onSubscribe: look };
}

interface Hook {
  readonly args: ExecutionArgs;
  readonly setResultAndStopExecution: (result: {
    readonly errors: readonly GraphQLError[];
  }) => void;
}
