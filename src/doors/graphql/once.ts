import {
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLObjectType,
  GraphQLError,
  visit,
} from 'graphql';
import { collectFields } from 'graphql/execution/collectFields.js';
import { buildExecutionContext } from 'graphql/execution/execute.js';
import { ONCE } from '../../schema/once.ts';

/**
 * Refuses, before anything is executed, a request that would guess twice: counted are the root fields that
 * graphql-js collects for execution, after fragments, aliases, @skip and @include.
 */
export function checkOnce(args: ExecutionArgs): GraphQLError | undefined {
  if (!mayRepeat(args)) return undefined;
  const fields = onceFields(args);
  if (fields.length < 2) return undefined;
  const names = [...new Set(fields.map(({ name }) => name.value))].sort().join(', ');
  const message = `Send each of these in a request of its own: ${names}.`;
  const extensions = { code: 'BAD_USER_INPUT', http: { status: 400, spec: true } };
  return new GraphQLError(message, { nodes: fields.slice(0, 2), extensions });
}

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

function onceFields(args: ExecutionArgs) {
  const context = buildExecutionContext(args);
  // What is wrong with a variable is for the engine to say: it executes nothing then.
  if (!('operation' in context)) return [];
  const { schema, fragments, variableValues, operation } = context;
  const type = schema.getRootType(operation.operation);
  if (!type) return [];
  const collected = collectFields(schema, fragments, variableValues, type, operation.selectionSet);
  return [...collected.values()]
    .flatMap(([field]) => field ?? [])
    .filter(({ name }) => isOnce(type, name.value));
}

function isOnce(type: GraphQLObjectType, name: string): boolean {
  return type.getFields()[name]?.extensions[ONCE] === true;
}
