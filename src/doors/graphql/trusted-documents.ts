import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type DocumentNode, parse, validate } from 'graphql';
import { type Config, ConfigError } from '../../config/config.ts';
import { AppError } from '../../core/errors.ts';
import { toRequestError } from './errors.ts';
import type { GraphqlParams } from './request.ts';
import { schema } from './schema.ts';

/** What clients were built with: documents that are known before anybody asks. */
export interface TrustedDocuments {
  /**
   * The same request with its document in place of the id that names it. Throws where the id names
   * nothing and, in `only`, where what is asked for is none of the documents.
   */
  readonly resolve: (params: GraphqlParams) => GraphqlParams;
  /** A known document, parsed at start. */
  readonly parsed: (source: string) => DocumentNode | undefined;
}

/**
 * The documents of `TRUSTED_DOCUMENTS_FILE`, each of which has to be one of this schema. Undefined where
 * `TRUSTED_DOCUMENTS` is off; throws ConfigError.
 */
export function loadTrustedDocuments(config: Config): TrustedDocuments | undefined {
  const { trustedDocuments: mode, trustedDocumentsFile: file } = config;
  if (mode === 'off' || file === undefined) return undefined;
  const sources = readManifest(file);
  const parsed = parseAll(file, sources);

  return {
    resolve: (params) => {
      const { query, id } = askedFor(params);
      // Whoever sends the text as well registers it with other servers; here it is one or the other.
      if (mode === 'prefer' && query !== undefined) return withQuery(params, query);
      if (id === undefined) throw toRequestError(new AppError('PERSISTED_QUERY_ID_REQUIRED'));
      const source = typeof id === 'string' ? sources.get(id.replace(PREFIX, '')) : undefined;
      if (source === undefined || (query !== undefined && query !== source)) {
        throw toRequestError(new AppError('PERSISTED_QUERY_NOT_FOUND'));
      }
      return withQuery(params, source);
    },
    parsed: (source) => parsed.get(source),
  };
}

/** The spelling of GraphQL over HTTP, which is codegen's too; Apollo's has the hash alone. */
const PREFIX = /^sha256:/;

/** `documentId` of GraphQL over HTTP, or the hash where Apollo has it; clients of sockets send an empty query. */
function askedFor({ query, documentId, extensions }: GraphqlParams) {
  const { persistedQuery } = (extensions ?? {}) as { persistedQuery?: { sha256Hash?: unknown } };
  return {
    query: query === '' || query === null ? undefined : query,
    id: documentId ?? persistedQuery?.sha256Hash ?? undefined,
  };
}

/** The GraphQL request proper, which knows no ids. */
function withQuery(params: GraphqlParams, query: unknown): GraphqlParams {
  return { ...params, query, documentId: undefined };
}

/** Document by hash, of a file as the client preset of GraphQL Code Generator writes it. */
function readManifest(file: string): ReadonlyMap<string, string> {
  const sources = new Map<string, string>();
  for (const [id, source] of Object.entries(readObject(file))) {
    const hash = id.replace(PREFIX, '').toLowerCase();
    if (typeof source !== 'string' || sha256Hex(source) !== hash) {
      throw fault(file, `${JSON.stringify(id)} is not the SHA-256 of its document`);
    }
    sources.set(hash, source);
  }
  return sources;
}

function readObject(file: string): object {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw fault(file, (error as Error).message);
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
  throw fault(file, 'it is not one JSON object');
}

function parseAll(file: string, sources: ReadonlyMap<string, string>) {
  const parsed = new Map<string, DocumentNode>();
  for (const [hash, source] of sources) {
    try {
      const document = parse(source);
      const [error] = validate(schema, document);
      if (error) throw error;
      parsed.set(source, document);
    } catch (error) {
      throw fault(file, `${hash}: ${(error as Error).message}`);
    }
  }
  return parsed;
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function fault(file: string, reason: string): ConfigError {
  const rule = 'must name a JSON file of documents by their SHA-256';
  return new ConfigError([
    `TRUSTED_DOCUMENTS_FILE ${rule} (given ${JSON.stringify(file)}): ${reason}`,
  ]);
}
