import type { Database } from '../../db/database.ts';
import type { Step } from '../../db/direct.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import { readNumber } from '../../db/sql.ts';
import { CHAIN_START, type ChainLink, hashContent, hashLink } from './chain.ts';
import type { NewAuditEvent } from './event.ts';

// Appending past Prisma's client, for what happens at every sign-in.

const HEAD_ID = 1;
const ALWAYS = Prisma.sql`WHERE true`;

/** Appends an event that belongs to no change. */
export async function appendAlone(db: Database, event: NewAuditEvent): Promise<void> {
  const appended =
    db.provider === 'postgresql'
      ? await db.write(appendingOnServer(event, [], ALWAYS))
      : await db.write(...appendingInFile(event, ALWAYS));
  if (appended.length !== 1) throw new Error('the head of the audit chain cannot be taken');
}

/**
 * For SQLite: the last statements of a transaction. They append and answer a row if there is one in
 * `given`, a FROM or WHERE clause.
 */
export function appendingInFile(
  event: NewAuditEvent,
  given: Prisma.Sql,
): readonly [Step, Step, Step] {
  const take = Prisma.sql`
    INSERT INTO "AuditHead" AS head ("id", "sequence", "hash", "previousHash")
    SELECT ${HEAD_ID}, 1, ${CHAIN_START}, ${CHAIN_START} ${given}
    ON CONFLICT ("id") DO UPDATE SET "sequence" = head."sequence" + 1
    RETURNING "sequence", "hash"`;
  return [
    take,
    ([head]) => {
      if (head === undefined) return undefined;
      const link: ChainLink = {
        sequence: readNumber(head['sequence'] as number),
        previousHash: head['hash'] as string,
      };
      const hash = hashLink(link, hashContent(event));
      return Prisma.sql`
        INSERT INTO "AuditEvent" (${COLUMNS})
        VALUES (${link.sequence}, ${link.previousHash}, ${hash}, ${values(event)})
        RETURNING "hash", "previousHash"`;
    },
    ([row]) => Prisma.sql`
      UPDATE "AuditHead" SET "hash" = ${row?.['hash']}, "previousHash" = ${row?.['previousHash']}
      WHERE "id" = ${HEAD_ID} RETURNING "id"`,
  ];
}

/**
 * For PostgreSQL: one statement that does `parts`, each a name and AS with a statement in brackets, and
 * appends and answers a row if there is one in `given`, a FROM or WHERE clause. The database makes the
 * hash: one round trip while others wait instead of three, which lets half as many again append in a
 * second.
 */
export function appendingOnServer(
  event: NewAuditEvent,
  parts: readonly Prisma.Sql[],
  given: Prisma.Sql,
): Prisma.Sql {
  const content = hashContent(event);
  const first = hashLink({ sequence: 1, previousHash: CHAIN_START }, content);
  const taken = Prisma.sql`taken AS (
      INSERT INTO "AuditHead" AS head ("id", "sequence", "hash", "previousHash")
      SELECT ${HEAD_ID}::int, 1, ${first}::text, ${CHAIN_START}::text ${given}
      ON CONFLICT ("id") DO UPDATE SET
        "sequence" = head."sequence" + 1,
        "previousHash" = head."hash",
        "hash" = translate(encode(sha256(convert_to(
          (head."sequence" + 1) || ' ' || head."hash" || ' ' || ${content}::text, 'UTF8'
        )), 'base64'), '+/=', '-_')
      RETURNING "sequence", "previousHash", "hash"
    )`;
  return Prisma.sql`
    WITH ${Prisma.join([...parts, taken])}
    INSERT INTO "AuditEvent" (${COLUMNS})
    SELECT "sequence", "previousHash", "hash", ${values(event)} FROM taken
    RETURNING "id"`;
}

export const COLUMNS = Prisma.raw(
  `"sequence", "previousHash", "hash", "id", "at", "actorKind", "actorId", "actorName", "action",
  "targetType", "targetId", "outcome", "ipAddress", "userAgent", "requestId", "sessionId", "details"`,
);

export function values(event: NewAuditEvent): Prisma.Sql {
  return Prisma.sql`
    ${event.id}, ${event.at}, ${event.actorKind}, ${event.actorId}, ${event.actorName},
    ${event.action}, ${event.targetType}, ${event.targetId}, ${event.outcome}, ${event.ipAddress},
    ${event.userAgent}, ${event.requestId}, ${event.sessionId}, ${event.details}`;
}
