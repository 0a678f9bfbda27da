import type { IncomingMessage } from 'node:http';
import { RegExpRouter } from 'hono/router/reg-exp-router';
import { SmartRouter } from 'hono/router/smart-router';
import { TrieRouter } from 'hono/router/trie-router';
import { getPath, tryDecodeURIComponent } from 'hono/utils/url';
import { AppError } from '../../core/errors.ts';
import { pathOf } from './edge.ts';
import type { Endpoint } from './endpoint.ts';
import { isPlainPath } from './plain-path.ts';

/** The endpoint of a request. */
export interface Found {
  readonly endpoint: Endpoint;
  /** The parameters of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The methods of the path, where none of its endpoints takes that of the request. */
  readonly allow?: string | undefined;
}

/** Where a path leads that no endpoint has. */
export const NOWHERE: Found = {
  params: {},
  endpoint: {
    methods: 'any',
    path: '*',
    answer: () => {
      throw new AppError('NOT_FOUND');
    },
  },
};

/**
 * Finds the endpoint of a request: of several that take it the first of the list. A method that no
 * endpoint of a path takes leads to its first endpoint for every request, which words the refusal.
 */
export function createRoutes(endpoints: readonly Endpoint[]): (req: IncomingMessage) => Found {
  const router = new SmartRouter<Entry>({ routers: [new RegExpRouter(), new TrieRouter()] });
  const offered = endpoints.map((endpoint): Entry => ({ endpoint }));
  const isOpen = ({ endpoint }: Entry) => endpoint.methods === 'any';
  const closed = offered.filter((entry) => !isOpen(entry));
  const entries = [...closed, ...otherMethods(endpoints), ...offered.filter(isOpen)];
  for (const entry of entries) {
    const { methods, path } = entry.endpoint;
    const isAny = methods === 'any' || entry.allow !== undefined;
    for (const method of isAny ? ['ALL'] : methods) router.add(method, path, entry);
  }
  const search = (method: string, path: string): readonly Match[] => {
    const [matches, stash] = router.match(method, path);
    return (matches as readonly Handled[]).map(([entry, params]) => ({
      ...entry,
      params: decoded(params, stash),
    }));
  };
  const searchPlain = (method: string, path: string) =>
    isPlainPath(path) ? search(method, decodedPath(path)) : [];
  // Most paths have no parameters, and what they lead to is searched once.
  const known = new Map(
    entries.flatMap(({ endpoint: { path } }) =>
      METHODS.map((method) => [`${method} ${path}`, search(method, path)] as const),
    ),
  );

  return (req) => {
    const method = req.method ?? 'GET';
    const path = pathOf(req.url);
    const matches = known.get(`${method} ${path}`) ?? searchPlain(method, path);
    const isTaken = ({ allow, endpoint }: Match) =>
      allow !== undefined || endpoint.takes?.(req) !== false;
    return matches.find(isTaken) ?? NOWHERE;
  };
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

interface Entry {
  readonly endpoint: Endpoint;
  readonly allow?: string;
}

/** What an entry is found with: parameters, or where they stand in the stash. */
type Handled = readonly [Entry, Readonly<Record<string, string | number>>];
type Match = Entry & Pick<Found, 'params'>;

function otherMethods(endpoints: readonly Endpoint[]): readonly Entry[] {
  return [...new Set(endpoints.map(({ path }) => path))].flatMap((path) => {
    const own = endpoints.filter((endpoint) => endpoint.path === path);
    const methods = new Set(own.flatMap((endpoint) => endpoint.methods));
    const allow = [...methods].join(', ');
    const endpoint = own.find(({ takes }) => takes === undefined);
    return methods.has('any') || !endpoint ? [] : [{ endpoint, allow }];
  });
}

/** Decodes a path where it is encoded, except for what separates its segments. */
function decodedPath(path: string): string {
  return path.includes('%') ? getPath({ url: `http://localhost${path}` } as Request) : path;
}

function decoded(
  params: Handled[1],
  stash: readonly string[] | undefined,
): Readonly<Record<string, string>> {
  const names = Object.keys(params);
  if (names.length === 0) return NOWHERE.params;
  const texts = names.map((name) => {
    const value = params[name];
    const text = typeof value === 'number' ? (stash?.[value] ?? '') : (value ?? '');
    return [name, tryDecodeURIComponent(text)] as const;
  });
  return Object.fromEntries(texts);
}
