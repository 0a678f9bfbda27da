import type { Page } from '../core/page.ts';

/** A page as a Relay connection (GraphQL Cursor Connections, section 3). */
export function toConnection<T>({ edges, hasNextPage, hasPreviousPage }: Page<T>) {
  const startCursor = edges[0]?.cursor ?? null;
  const endCursor = edges.at(-1)?.cursor ?? null;
  return {
    edges: [...edges],
    pageInfo: { hasNextPage, hasPreviousPage, startCursor, endCursor },
  };
}
