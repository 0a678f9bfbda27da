import type { Database, Tx } from '../../db/database.ts';
import type { Engine } from '../../db/engines/engine.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import { type Row, runIn, type Script } from '../../db/script.ts';
import { readNumber } from '../../db/sql.ts';
import { CHAIN_START, hashContent, hashLink } from './chain.ts';
import type { NewAuditEvent } from './event.ts';

const HEAD_ID = 1;

/** What goes with an event that is appended. */
interface Appending {
  /**
   * Statements that come first. Where the engine has `writesInWith`, each is a part of a WITH: a name, AS,
   * and a statement in brackets.
   */
  readonly parts?: readonly Prisma.Sql[];
  /** A FROM or WHERE clause: the event is appended if that has a row. */
  readonly given?: Prisma.Sql;
}

/**
 * Appends an event to the chain in `tx`, the transaction of what it records: both are there or neither.
 * Call it last: from here to the commit all other transactions that append have to wait.
 */
export async function insertAuditEvent(db: Database, tx: Tx, event: NewAuditEvent): Promise<void> {
  assertAppended(await runIn(tx, appending(db.engine, event)));
}

/** Appends an event that belongs to no change. */
export async function appendAlone(db: Database, event: NewAuditEvent): Promise<void> {
  assertAppended(await db.write(appending(db.engine, event)));
}

/** The script by which every event is appended. Its answer is one row if the event was appended. */
export function appending(
  engine: Engine,
  event: NewAuditEvent,
  { parts = [], given = Prisma.sql`WHERE true` }: Appending = {},
): Script {
  return engine.writesInWith
    ? appendInOneStatement(event, parts, given)
    : appendInSteps(event, parts, given);
}

/**
 * The database makes the hash: one round trip while other transactions wait instead of three, which lets
 * half as many again append in a second.
 */
function* appendInOneStatement(
  event: NewAuditEvent,
  parts: readonly Prisma.Sql[],
  given: Prisma.Sql,
): Script {
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
  return yield Prisma.sql`
    WITH ${Prisma.join([...parts, taken])}
    INSERT INTO "AuditEvent" (${COLUMNS})
    SELECT "sequence", "previousHash", "hash", ${values(event)} FROM taken
    RETURNING "id"`;
}

/** SQLite has no SHA-256: the hash is made here, between taking the place and filling it. */
function* appendInSteps(
  event: NewAuditEvent,
  parts: readonly Prisma.Sql[],
  given: Prisma.Sql,
): Script {
  yield* parts;
  const [head] = yield Prisma.sql`
    INSERT INTO "AuditHead" AS head ("id", "sequence", "hash", "previousHash")
    SELECT ${HEAD_ID}, 1, ${CHAIN_START}, ${CHAIN_START} ${given}
    ON CONFLICT ("id") DO UPDATE SET "sequence" = head."sequence" + 1
    RETURNING "sequence", "hash"`;
  if (!head) return [];
  const sequence = readNumber(head['sequence'] as bigint | number);
  const previousHash = head['hash'] as string;
  const hash = hashLink({ sequence, previousHash }, hashContent(event));
  yield Prisma.sql`
    INSERT INTO "AuditEvent" (${COLUMNS})
    VALUES (${sequence}, ${previousHash}, ${hash}, ${values(event)})`;
  return yield Prisma.sql`
    UPDATE "AuditHead" SET "hash" = ${hash}, "previousHash" = ${previousHash}
    WHERE "id" = ${HEAD_ID} RETURNING "id"`;
}

function assertAppended(rows: readonly Row[]): void {
  if (rows.length !== 1) throw new Error('the head of the audit chain cannot be taken');
}

const COLUMNS = Prisma.raw(
  `"sequence", "previousHash", "hash", "id", "at", "actorKind", "actorId", "actorName", "action",
  "targetType", "targetId", "outcome", "ipAddress", "userAgent", "requestId", "sessionId", "details"`,
);

function values(event: NewAuditEvent): Prisma.Sql {
  return Prisma.sql`
    ${event.id}, ${event.at}, ${event.actorKind}, ${event.actorId}, ${event.actorName},
    ${event.action}, ${event.targetType}, ${event.targetId}, ${event.outcome}, ${event.ipAddress},
    ${event.userAgent}, ${event.requestId}, ${event.sessionId}, ${event.details}`;
}
