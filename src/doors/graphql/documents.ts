import type { DocumentNode, GraphQLError } from 'graphql';
import { bytesOfTexts, createCache } from '../../adapters/cache.ts';
import { isLarge } from './bounded.ts';

/** Parses and validates, and remembers which documents were valid. */
export interface Documents {
  readonly parse: (text: string) => DocumentNode;
  readonly validate: (document: DocumentNode) => readonly GraphQLError[];
  /** How many documents are kept, and what they take. */
  readonly size: () => { readonly entries: number; readonly bytes: number };
}

/** What a token of a document takes once it is parsed, and a character that may be a comment's. */
const TOKEN_BYTES = 512;
const CHARACTER_BYTES = 64;
const BOUNDS = {
  entries: 1000,
  bytes: 2 ** 25,
  bytesOf: ({ tokenCount = 0 }: DocumentNode, text: string) =>
    tokenCount * TOKEN_BYTES + text.length * CHARACTER_BYTES + bytesOfTexts(text),
} as const;

/** Keeps valid documents of the size that clients are built with. */
export function createDocuments({
  parse,
  validate,
}: Pick<Documents, 'parse' | 'validate'>): Documents {
  const kept = createCache<DocumentNode>(BOUNDS);
  /** Documents outside the cache as well: those that the server was started with. */
  const valid = new WeakSet<DocumentNode>();

  return {
    parse: (text) => kept.get(text) ?? parse(text),
    validate: (document) => {
      if (valid.has(document)) return [];
      const faults = validate(document);
      if (faults.length > 0) return faults;
      valid.add(document);
      const text = document.loc?.source.body;
      if (text !== undefined && !isLarge(text)) kept.set(text, document);
      return [];
    },
    size: kept.size,
  };
}
