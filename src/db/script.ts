import type { Sql } from '@prisma/client/runtime/client';
import type { Prisma } from './generated/sqlite/client.ts';

export type Row = Record<string, unknown>;

/**
 * Statements that happen together: each is yielded, and its rows come back before the next is made. Returns
 * the rows of the whole. A script runs once.
 */
export type Script = Generator<Sql, Row[], Row[]>;

/** Runs a script in a transaction of Prisma's. */
export async function runIn(tx: Prisma.TransactionClient, script: Script): Promise<Row[]> {
  let step = script.next();
  while (!step.done) step = script.next(await tx.$queryRaw<Row[]>(step.value));
  return step.value;
}

/** Runs a script where each statement is answered at once. */
export function runNow(run: (statement: Sql) => Row[], script: Script): Row[] {
  let step = script.next();
  while (!step.done) step = script.next(run(step.value));
  return step.value;
}

/** Runs a script of one statement, for a server that would be asked again for each statement more. */
export async function runAtOnce(
  run: (statement: Sql) => Promise<Row[]>,
  script: Script,
): Promise<Row[]> {
  const first = script.next();
  if (first.done) return first.value;
  const end = script.next(await run(first.value));
  if (!end.done) throw new Error('a script for a server is one statement: it would be asked twice');
  return end.value;
}
