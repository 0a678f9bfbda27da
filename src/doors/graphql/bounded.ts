import {
  type DocumentNode,
  execute,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  Lexer,
  NoFragmentCyclesRule,
  parse,
  Source,
  specifiedRules,
  subscribe,
  TokenKind,
  validate,
  type ValidationRule,
} from 'graphql';
import { isPromise } from '../../core/maybe-promise.ts';
import { withoutValue } from './errors.ts';
import { exceeded, LIMITS } from './limits.ts';
import { faultsOfVariables } from './variables.ts';

/** How many faults of a request, and how many failed fields, one answer has at most. */
const MOST_FAULTS = 5;
const MOST_FAILED_FIELDS = 20;
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
    throw error instanceof GraphQLError ? withoutValue(error) : error;
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
  readonly parse: (text: string) => DocumentNode;
  readonly validate: (
    schema: GraphQLSchema,
    document: DocumentNode,
    rules?: readonly ValidationRule[],
  ) => readonly GraphQLError[];
  readonly execute: typeof execute;
  readonly subscribe: typeof subscribe;
}

/**
 * @param first rules that bound what the others take for granted
 * @param hideSuggestions whether no message may tell a name of the schema that was not sent
 */
export function createBoundedEngine(
  first: readonly ValidationRule[],
  hideSuggestions: boolean,
): BoundedEngine {
  const told = (error: GraphQLError) => withoutValue(error, hideSuggestions);
  // A rule may take as many steps into one another as there are pairs of fragments in a circle.
  const before = [NoFragmentCyclesRule, ...first];
  const bounds = { hideSuggestions, options: { maxCoercionErrors: 0 } };

  /** Where nothing was executed, says what is wrong with the variables if that is why. */
  const explain = (args: ExecutionArgs, result: ExecutionResult): ExecutionResult => {
    const errors = faultsOfVariables(args, { maxErrors, hideSuggestions });
    return errors.length > 0 ? { errors } : result;
  };

  return {
    parse: parseBounded,
    validate: (schema, document, rules = specifiedRules) => {
      const options = { maxErrors, hideSuggestions };
      const others = rules.filter((rule) => !before.includes(rule));
      const faults = validate(schema, document, before, options);
      const all = faults.length > 0 ? faults : validate(schema, document, others, options);
      return all.map(told);
    },
    // Both are called with arguments that are made for one call, and a copy costs each request more.
    execute: (args) => {
      const result = execute(Object.assign(args, bounds));
      return isPromise(result) || 'data' in result ? result : explain(args, result);
    },
    subscribe: async (args) => {
      const result = await subscribe(Object.assign(args, bounds));
      return 'errors' in result ? explain(args, result) : result;
    },
  };
}

/** A result with the first of its errors: a list may have one for each of its items. */
export function withFewErrors(result: ExecutionResult): ExecutionResult {
  const { errors } = result;
  if (!errors || errors.length <= MOST_FAILED_FIELDS) return result;
  return { ...result, errors: errors.slice(0, MOST_FAILED_FIELDS) };
}
