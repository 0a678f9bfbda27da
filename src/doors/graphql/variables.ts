import {
  coerceInputValue,
  type ExecutionArgs,
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  isInputType,
  isNonNullType,
  typeFromAST,
  type VariableDefinitionNode,
} from 'graphql';

interface Bounds {
  readonly maxErrors: number;
  readonly hideSuggestions: boolean;
}

type Report = (fault: GraphQLError) => void;

/**
 * What is wrong with the variables of an operation: the first few faults, nothing where all is right.
 * graphql-js itself writes the value at fault into each of its messages, however large it is.
 */
export function faultsOfVariables(args: ExecutionArgs, bounds: Bounds): readonly GraphQLError[] {
  const { schema, document, operationName, variableValues: values } = args;
  const faults: GraphQLError[] = [];
  const report: Report = (fault) => {
    const isLast = faults.length === bounds.maxErrors;
    faults.push(isLast ? new GraphQLError('The variables have more faults.') : fault);
    if (isLast) throw new Enough();
  };
  try {
    const operation = getOperationAST(document, operationName);
    for (const definition of operation?.variableDefinitions ?? []) {
      const name = definition.variable.name.value;
      const value = values && Object.hasOwn(values, name) ? values[name] : undefined;
      examine({ schema, definition, value }, report, bounds.hideSuggestions);
    }
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
  return faults;
}

/** Ends the work, for it is known by now that nothing is executed. */
class Enough extends Error {}

interface Variable {
  readonly schema: GraphQLSchema;
  readonly definition: VariableDefinitionNode;
  readonly value: unknown;
}

function examine(
  { schema, definition, value }: Variable,
  report: Report,
  hideSuggestions: boolean,
): void {
  const type = typeFromAST(schema, definition.type);
  if (!isInputType(type) || (value === undefined && definition.defaultValue)) return;
  if (value != null) {
    coerceInputValue(value, type, (_path, _value, error) => report(error), hideSuggestions);
  } else if (isNonNullType(type)) {
    const rule =
      value === null
        ? `of non-null type "${String(type)}" must not be null.`
        : `of required type "${String(type)}" was not provided.`;
    report(
      new GraphQLError(`Variable "$${definition.variable.name.value}" ${rule}`, {
        nodes: definition,
      }),
    );
  }
}
