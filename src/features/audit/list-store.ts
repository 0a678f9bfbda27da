import type { Database } from '../../db/database.ts';
import { type AuditEvent, Prisma } from '../../db/generated/sqlite/client.ts';
import { newestFirst } from '../../db/newest-first.ts';
import type { PageRequest } from '../../core/page.ts';
import type { AuditAction } from '../../core/audit-actions.ts';
import type { AuditOutcome } from '../../core/audit.ts';

/** An event, and who its actor is today, where they are a user or a key that is still there. */
export type ListedAuditEvent = Omit<AuditEvent, 'sequence'> & {
  readonly actorUsername: string | null;
  /** Whose API key it was. */
  readonly actorOwnerId: string | null;
};

/** What a list of events is narrowed to; every condition that is there has to hold. */
interface AuditFilter {
  readonly actions?: readonly AuditAction[] | null | undefined;
  readonly outcome?: AuditOutcome | null | undefined;
  readonly actorId?: string | null | undefined;
  readonly targetType?: string | null | undefined;
  readonly targetId?: string | null | undefined;
  readonly since?: Date | null | undefined;
  readonly until?: Date | null | undefined;
}

export interface AuditQuestion {
  readonly filter: AuditFilter;
  /** Only what this person or a key of theirs did, or what was done to them; everybody's unless given. */
  readonly ownOf: string | undefined;
}

const ACTOR = Prisma.sql`"User"."username" AS "actorUsername", "ApiKey"."userId" AS "actorOwnerId"`;
const JOIN_ACTOR = Prisma.sql`
  LEFT JOIN "User" ON "User"."id" = event."actorId"
  LEFT JOIN "ApiKey" ON "ApiKey"."id" = event."actorId"`;

type Page = PageRequest<readonly [number, string]>;

/** A page of events, the newest first, one more than the limit. */
export function listNewestEvents(
  db: Database,
  { filter, ownOf }: AuditQuestion,
  page: Page,
): Promise<ListedAuditEvent[]> {
  const rest = Prisma.sql`${all(narrowing(filter))} ${newestFirst('at', page)}`;
  const parts = indexed(filter, ownOf);
  // Each part is walked along an index of its own, and what they find is put in order.
  const found = parts.map(
    (part, i) => Prisma.sql`SELECT "sequence" FROM (
      SELECT "sequence" FROM "AuditEvent" WHERE ${part} AND ${rest}
    ) AS ${Prisma.raw(`part${i}`)}`,
  );
  const wanted =
    found.length === 1
      ? Prisma.sql`${parts[0]} AND ${rest}`
      : Prisma.sql`"sequence" IN (${Prisma.join(found, ' UNION ')}) ${newestFirst('at', page)}`;
  const way = page.direction === 'forward' ? Prisma.sql`DESC` : Prisma.sql`ASC`;
  return db.readList<ListedAuditEvent>(Prisma.sql`
    SELECT event.*, ${ACTOR}
    FROM (SELECT * FROM "AuditEvent" WHERE ${wanted}) AS event ${JOIN_ACTOR}
    ORDER BY event."at" ${way}, event."id" ${way}`);
}

/** How many events a filter leaves. */
export async function countEvents(db: Database, { filter, ownOf }: AuditQuestion): Promise<number> {
  const either = Prisma.join([...indexed(filter, ownOf)], ' OR ');
  const [row] = await db.readShared<{ count: number }>(Prisma.sql`
    SELECT count(*) AS "count" FROM "AuditEvent"
    WHERE (${either}) AND ${all(narrowing(filter))}`);
  return row?.count ?? 0;
}

/** An event by its id; with a person, only if it is about them. */
export async function findEvent(
  db: Database,
  id: string,
  ownOf: string | undefined,
): Promise<ListedAuditEvent | undefined> {
  const [event] = await db.read<ListedAuditEvent>(Prisma.sql`
    SELECT event.*, ${ACTOR} FROM "AuditEvent" AS event ${JOIN_ACTOR}
    WHERE event."id" = ${id}`);
  const theirs = [event?.actorId, event?.actorOwnerId, event?.targetId];
  const isSeen = ownOf === undefined || theirs.includes(ownOf);
  return isSeen ? event : undefined;
}

/** Conditions one of which has to hold, each of them served by one index. */
function indexed(
  { actions, actorId, targetId }: AuditFilter,
  ownOf: string | undefined,
): readonly [Prisma.Sql, ...Prisma.Sql[]] {
  if (ownOf !== undefined) {
    return [
      Prisma.sql`"actorId" = ${ownOf}`,
      Prisma.sql`"targetId" = ${ownOf}`,
      Prisma.sql`"actorId" IN (SELECT "id" FROM "ApiKey" WHERE "userId" = ${ownOf})`,
    ];
  }
  const [first, ...more] = actions ?? [];
  if (first === undefined || actorId != null || targetId != null) return [Prisma.sql`true`];
  const isOne = (action: AuditAction) => Prisma.sql`"action" = ${action}`;
  return [isOne(first), ...more.map(isOne)];
}

function narrowing(filter: AuditFilter): readonly Prisma.Sql[] {
  const { actions, outcome, actorId, targetType, targetId, since, until } = filter;
  const conditions: Prisma.Sql[] = [];
  if (actions?.length) conditions.push(Prisma.sql`"action" IN (${Prisma.join([...actions])})`);
  if (outcome != null) conditions.push(Prisma.sql`"outcome" = ${outcome}`);
  if (actorId != null) conditions.push(Prisma.sql`"actorId" = ${actorId}`);
  if (targetType != null) conditions.push(Prisma.sql`"targetType" = ${targetType}`);
  if (targetId != null) conditions.push(Prisma.sql`"targetId" = ${targetId}`);
  if (since != null) conditions.push(Prisma.sql`"at" >= ${since}`);
  if (until != null) conditions.push(Prisma.sql`"at" < ${until}`);
  return conditions;
}

function all(conditions: readonly Prisma.Sql[]): Prisma.Sql {
  return conditions.length === 0 ? Prisma.sql`true` : Prisma.join([...conditions], ' AND ');
}
