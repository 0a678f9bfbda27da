import {
  type DirectiveNode,
  type DocumentNode,
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  getDirectiveValues,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  GraphQLSkipDirective,
  Kind,
  type SelectionSetNode,
  visit,
} from 'graphql';
import type { Check } from './checks.ts';

/** The extension of a root field of which a request takes one: its operation's attempts are counted. */
export const ONCE = 'once';

/**
 * Refuses, before anything is executed, a request that would guess twice: counted is what the engine
 * would execute, after fragments, aliases, @skip and @include.
 */
export const checkOnce: Check = (args) => {
  if (!mayRepeat(args)) return undefined;
  const fields = onceFields(args);
  if (fields.length < 2) return undefined;
  const names = [...new Set(fields.map(({ name }) => name.value))].sort().join(', ');
  const message = `Send each of these in a request of its own: ${names}.`;
  const extensions = { code: 'BAD_USER_INPUT', http: { status: 400, spec: true } };
  return new GraphQLError(message, { nodes: fields.slice(0, 2), extensions });
};

/** Whether a document names two such fields at all, in whatever type: most never do. */
const repeating = new WeakMap<DocumentNode, boolean>();

function mayRepeat({ schema, document }: ExecutionArgs): boolean {
  const known = repeating.get(document);
  if (known !== undefined) return known;
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  let count = 0;
  visit(document, {
    Field: ({ name }) => {
      if (roots.some((type) => type && isOnce(type, name.value))) count += 1;
    },
  });
  repeating.set(document, count > 1);
  return count > 1;
}

function onceFields({ schema, document, operationName, variableValues }: ExecutionArgs) {
  const operation = getOperationAST(document, operationName);
  const type = operation && schema.getRootType(operation.operation);
  if (!operation || !type) return [];
  const { coerced } = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    variableValues ?? {},
    { maxErrors: 0 },
  );
  // What is wrong with a variable is for the engine to say: it executes nothing then.
  if (!coerced) return [];
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
  const selected = selectFields({ type, fragments, variables: coerced }, operation.selectionSet);
  return [...selected.values()].filter(({ name }) => isOnce(type, name.value));
}

interface Selecting {
  readonly type: GraphQLObjectType;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The fields of a root type that are executed, by the name that they answer under. */
function selectFields(
  selecting: Selecting,
  { selections }: SelectionSetNode,
  selected = new Map<string, FieldNode>(),
  spread = new Set<string>(),
): ReadonlyMap<string, FieldNode> {
  for (const selection of selections) {
    if (!isIncluded(selecting, selection)) continue;
    if (selection.kind === Kind.FIELD) {
      selected.set((selection.alias ?? selection.name).value, selection);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      selectFields(selecting, selection.selectionSet, selected, spread);
    } else {
      const fragment = selecting.fragments.get(selection.name.value);
      if (!fragment || spread.has(selection.name.value)) continue;
      spread.add(selection.name.value);
      selectFields(selecting, fragment.selectionSet, selected, spread);
    }
  }
  return selected;
}

function isIncluded(
  { variables }: Selecting,
  node: { readonly directives?: readonly DirectiveNode[] },
): boolean {
  if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.['if'] === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, node, variables)?.['if'] !== false;
}

function isOnce(type: GraphQLObjectType, name: string): boolean {
  return type.getFields()[name]?.extensions[ONCE] === true;
}
