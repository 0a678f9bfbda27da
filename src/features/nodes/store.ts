import type { Database } from '../../db/database.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';

/** What has an id of its own that `node` can be asked for. */
const NODE_KINDS = ['User', 'Tenant', 'Project', 'ApiKey', 'AuditEvent'] as const;
export type NodeKind = (typeof NODE_KINDS)[number];

/** Which kind of thing each id names, in one statement; ids are unique across all of them. */
export async function listNodeKinds(
  db: Database,
  ids: readonly string[],
): Promise<ReadonlyMap<string, NodeKind>> {
  if (ids.length === 0) return new Map();
  const list = Prisma.join([...new Set(ids)]);
  const queries = NODE_KINDS.map(
    (kind) =>
      Prisma.sql`SELECT "id", CAST(${kind} AS TEXT) AS "kind" FROM ${Prisma.raw(`"${kind}"`)}
        WHERE "id" IN (${list})`,
  );
  const rows = await db.read<{ id: string; kind: NodeKind }>(Prisma.join(queries, ' UNION ALL '));
  return new Map(rows.map(({ id, kind }) => [id, kind]));
}
