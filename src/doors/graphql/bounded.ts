import {
  type DocumentNode,
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  Lexer,
  NoFragmentCyclesRule,
  NoSchemaIntrospectionCustomRule,
  OperationTypeNode,
  parse,
  Source,
  specifiedRules,
  subscribe,
  TokenKind,
  validate,
  type ValidationRule,
} from 'graphql';
import { isPromise, type MaybePromise } from '../../core/maybe-promise.ts';
import { requestError, withoutValue } from './errors.ts';
import { exceeded, LIMITS } from './limits.ts';
import { faultsOfVariables } from './variables.ts';

/** How many faults of a request one answer has at most. */
const MOST_FAULTS = 5;
/** graphql-js says itself, in one more error, that there are more. */
const maxErrors = MOST_FAULTS - 1;

/** What longer documents and those of more lines do without: see `isLarge`. */
const LARGE_TEXT = 16_384;
const LARGE_LINES = 500;

/**
 * Whether a document is larger than those that clients are built with. It is not kept, and its errors have
 * no place: to find one, graphql-js counts the lines before it, for each error anew.
 */
export function isLarge(text: string): boolean {
  return text.length > LARGE_TEXT || text.split(/[\n\r]/, LARGE_LINES).length === LARGE_LINES;
}

/** Parses a document of bounded length and nesting. */
export function parseBounded(text: string): DocumentNode {
  const source = new Source(text);
  const { tokens: maxTokens, comments: maxComments } = LIMITS;
  const noLocation = isLarge(text);
  try {
    return parse(source, { lexer: createLexer(source), maxTokens, maxComments, noLocation });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw requestError(withoutValue(error), 'GRAPHQL_PARSE_FAILED');
  }
}

const OPENING: readonly string[] = [TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L];
const CLOSING: readonly string[] = [TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R];

/** The parser calls itself for what stands in brackets, and so do those who read what it makes. */
function createLexer(source: Source): Lexer {
  const lexer = new Lexer(source);
  const advance = lexer.advance.bind(lexer);
  let nesting = 0;
  lexer.advance = () => {
    const token = advance();
    if (OPENING.includes(token.kind)) nesting += 1;
    else if (CLOSING.includes(token.kind)) nesting -= 1;
    if (nesting > LIMITS.nesting) throw exceeded('nesting');
    return token;
  };
  return lexer;
}

/** graphql-js, which stops at the first few faults of a request. */
export interface BoundedEngine {
  readonly validate: (schema: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[];
  /** Executes a query or a mutation, or begins a subscription. */
  readonly execute: (
    args: ExecutionArgs,
  ) => MaybePromise<ExecutionResult | AsyncIterable<ExecutionResult>>;
}

/**
 * @param first rules that bound what the others take for granted
 * @param isHidden whether nothing is told of the schema: it is not answered, and no message has a name of it
 * that was not sent
 */
export function createBoundedEngine(
  first: readonly ValidationRule[],
  isHidden: boolean,
): BoundedEngine {
  const hideSuggestions = isHidden;
  const told = (error: GraphQLError) => {
    const plain = withoutValue(error, hideSuggestions);
    return requestError(plain, 'GRAPHQL_VALIDATION_FAILED');
  };
  // A rule may take as many steps into one another as there are pairs of fragments in a circle.
  const before = [NoFragmentCyclesRule, ...first];
  const rules = isHidden ? [...specifiedRules, NoSchemaIntrospectionCustomRule] : specifiedRules;
  const others = rules.filter((rule) => !before.includes(rule));
  const bounds = { hideSuggestions, options: { maxCoercionErrors: 0 } };

  /** Where nothing was executed, says what is wrong with the variables if that is why. */
  const explain = (args: ExecutionArgs, result: ExecutionResult): ExecutionResult => {
    const errors = faultsOfVariables(args, { maxErrors, hideSuggestions });
    return errors.length > 0 ? { errors } : result;
  };

  const begin = async (args: ExecutionArgs) => {
    const result = await subscribe(args);
    return 'errors' in result ? explain(args, result) : result;
  };

  return {
    validate: (schema, document) => {
      const options = { maxErrors, hideSuggestions };
      const faults = validate(schema, document, before, options);
      const all = faults.length > 0 ? faults : validate(schema, document, others, options);
      return all.map(told);
    },
    execute: (given) => {
      // The arguments are made for one call, and a copy costs each request more.
      const args = Object.assign(given, bounds);
      const operation = getOperationAST(args.document, args.operationName);
      if (operation?.operation === OperationTypeNode.SUBSCRIPTION) return begin(args);
      const result = execute(args);
      return isPromise(result) || 'data' in result ? result : explain(args, result);
    },
  };
}
