import {
  type DirectiveNode,
  type DocumentNode,
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getNullableType,
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationRule,
} from 'graphql';

/**
 * What one request may ask for, counted after fragments are spread (ASVS 4.3.1). A front end's page
 * takes a tenth of it; the README lists them.
 */
export const LIMITS = {
  /** Lexical tokens of the document. */
  tokens: 2000,
  comments: 1000,
  /** Brackets of any kind within one another. */
  nesting: 100,
  /** Fields below one another. Introspection is bounded by graphql-js itself. */
  depth: 12,
  rootFields: 20,
  aliases: 30,
  directives: 50,
  /** Fields that are answered at most: those of a list count once for each item that it may have. */
  fields: 100_000,
} as const;

type Limit = keyof typeof LIMITS;

const PAGE = 50;
const MAX_PAGE = 100;
/** What a list without pages is taken for. */
const PLAIN_LIST = 20;

/** What a document is refused with that goes beyond a limit. */
export function exceeded(limit: Limit): GraphQLError {
  const message = `The document asks for too much: at most ${LIMITS[limit]} ${WORDS[limit]} are allowed.`;
  const extensions = { code: 'BAD_USER_INPUT', limit, http: { status: 400, spec: true } };
  return new GraphQLError(message, { extensions });
}

const WORDS: Readonly<Record<Limit, string>> = {
  tokens: 'tokens',
  comments: 'comments',
  nesting: 'brackets within one another',
  depth: 'levels of fields',
  rootFields: 'root fields',
  aliases: 'aliases',
  directives: 'directives',
  fields: 'fields in the answer',
};

/** What a selection amounts to; of a fragment reckoned once however often it is spread. */
interface Amount {
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  /** Of the level at hand alone. */
  readonly rootFields: number;
  /** As far as it does not hang on variables: the most that they may make of it. */
  readonly fields: number;
}

const NOTHING: Amount = { depth: 0, aliases: 0, directives: 0, rootFields: 0, fields: 0 };

function add(a: Amount, b: Amount): Amount {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: a.aliases + b.aliases,
    directives: a.directives + b.directives,
    rootFields: a.rootFields + b.rootFields,
    fields: a.fields + b.fields,
  };
}

interface Reckoning {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly known: Map<string, Amount>;
  /** The page sizes that variables stand for; without them each may be the largest. */
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  /** Names of fields that answer a list without pages. */
  readonly lists: ReadonlySet<string>;
  /** Names of fields that answer a page of a list. */
  readonly pages: ReadonlySet<string>;
}

function amountOf(reckoning: Reckoning, set: SelectionSetNode | undefined): Amount {
  return (set?.selections ?? []).reduce(
    (sum, selection) => add(sum, amountOfSelection(reckoning, selection)),
    NOTHING,
  );
}

function amountOfSelection(reckoning: Reckoning, selection: SelectionNode): Amount {
  const directives = countOf(selection.directives);
  if (selection.kind === Kind.FRAGMENT_SPREAD) {
    return add({ ...NOTHING, directives }, amountOfFragment(reckoning, selection.name.value));
  }
  const inner = amountOf(reckoning, selection.selectionSet);
  if (selection.kind === Kind.INLINE_FRAGMENT) return add({ ...NOTHING, directives }, inner);
  const name = selection.name.value;
  const counted = {
    aliases: inner.aliases + (selection.alias ? 1 : 0),
    directives: inner.directives + directives,
    rootFields: 1,
  };
  // How deep it goes is bounded by a rule of graphql-js; it is closed where the schema is.
  if (name === '__schema' || name === '__type') return { ...counted, depth: 1, fields: 1 };
  return {
    ...counted,
    depth: inner.depth + 1,
    fields: 1 + inner.fields * itemsOf(reckoning, selection),
  };
}

function countOf(directives: readonly DirectiveNode[] | undefined): number {
  return directives?.length ?? 0;
}

function amountOfFragment(reckoning: Reckoning, name: string): Amount {
  const { known, fragments } = reckoning;
  const amount = known.get(name);
  if (amount) return amount;
  // One that spreads itself is refused by a rule of its own.
  known.set(name, NOTHING);
  const reckoned = amountOf(reckoning, fragments.get(name)?.selectionSet);
  known.set(name, reckoned);
  return reckoned;
}

/** How many items a field may answer, each of which answers what is selected of it. */
function itemsOf({ variables, lists, pages }: Reckoning, field: FieldNode): number {
  const size = field.arguments?.find(({ name }) => name.value === 'first' || name.value === 'last');
  if (size) {
    const { value } = size;
    if (value.kind === Kind.INT) return Math.max(1, Number(value.value));
    if (value.kind !== Kind.VARIABLE || !variables) return MAX_PAGE;
    const given = variables[value.name.value] ?? PAGE;
    return typeof given === 'number' ? Math.max(1, given) : MAX_PAGE;
  }
  if (field.arguments?.some(({ name }) => name.value === 'ids')) return MAX_PAGE;
  if (pages.has(field.name.value)) return PAGE;
  return lists.has(field.name.value) ? PLAIN_LIST : 1;
}

/** What an operation amounts to. */
function reckon({ document, operation, variables }: Asked, names: ListNames): Amount {
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
  const reckoning = { fragments, known: new Map<string, Amount>(), variables, ...names };
  const amount = amountOf(reckoning, operation.selectionSet);
  return { ...amount, directives: amount.directives + countOf(operation.directives) };
}

interface Asked {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables?: Readonly<Record<string, unknown>>;
}

function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode) {
  return Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue?.kind === Kind.INT ? [[variable.name.value, Number(defaultValue.value)]] : [],
    ),
  );
}

type ListNames = Pick<Reckoning, 'lists' | 'pages'>;

/** Which fields answer more than one thing; a connection says so itself wherever it is spread. */
function listNames(schema: GraphQLSchema): ListNames {
  const types = Object.values(schema.getTypeMap()).filter(isObjectType);
  const fields = types
    .filter(({ name }) => !name.startsWith('__') && !name.endsWith('Connection'))
    .flatMap((type) => Object.values(type.getFields()));
  const takes = ({ args }: (typeof fields)[number], name: string) =>
    args.some((arg) => arg.name === name);
  const isPlainList = (field: (typeof fields)[number]) =>
    isListType(getNullableType(field.type)) &&
    isCompositeType(getNamedType(field.type)) &&
    !takes(field, 'ids');
  return {
    lists: new Set(fields.filter(isPlainList).map(({ name }) => name)),
    pages: new Set(fields.filter((field) => takes(field, 'first')).map(({ name }) => name)),
  };
}

export interface Limits {
  /** Refuses a document that asks for too much whatever its variables are. */
  readonly rule: ValidationRule;
  /** Refuses what an operation asks for with its variables. */
  readonly check: (args: ExecutionArgs) => GraphQLError | undefined;
}

/** Bounds what a request asks for, before anything of it is executed. */
export function createLimits(schema: GraphQLSchema): Limits {
  const names = listNames(schema);
  /** The most that the variables of an operation may make of it. */
  const most = new WeakMap<OperationDefinitionNode, number>();

  const rule: ValidationRule = (context) => ({
    OperationDefinition: (operation) => {
      const amount = reckon({ document: context.getDocument(), operation }, names);
      for (const limit of ['depth', 'rootFields', 'aliases', 'directives'] as const) {
        if (amount[limit] > LIMITS[limit]) context.reportError(exceeded(limit));
      }
    },
  });

  const check: Limits['check'] = ({ document, operationName, variableValues }) => {
    const operation = getOperationAST(document, operationName);
    if (!operation) return undefined;
    const worst = most.get(operation) ?? reckon({ document, operation }, names).fields;
    most.set(operation, worst);
    if (worst <= LIMITS.fields) return undefined;
    const variables = { ...defaultsOf(operation), ...variableValues };
    const { fields } = reckon({ document, operation, variables }, names);
    return fields > LIMITS.fields ? exceeded('fields') : undefined;
  };

  return { rule, check };
}
