import type { Tx } from '../../db/database.ts';
import { Prisma } from '../../db/generated/sqlite/client.ts';
import { readNumber } from '../../db/sql.ts';
import type { Engine } from '../../db/engines/engine.ts';
import type { Gathering } from './budget.ts';
import { countingNotice } from './budget-store.ts';
import type { NewMail } from '../../core/mail.ts';
import { insertingMail, insertMail } from './store.ts';

/**
 * A notice before it is known whether it is the first of its kind within a while. The first is sent at
 * once; one mail stands for all that follow, and is sent at the end of that time.
 */
export interface NoticePlan {
  readonly gathering: Gathering;
  readonly first: () => NewMail | undefined;
  readonly rest: () => NewMail | undefined;
}

/** Queues a notice that was planned. */
export async function queueNotice(tx: Tx, plan: NoticePlan | undefined): Promise<boolean> {
  if (!plan) return false;
  const [counted] = await tx.$queryRaw<{ attempts: number | bigint }[]>(
    countingNotice(plan.gathering),
  );
  const isFirst = counted !== undefined && readNumber(counted.attempts) === 1;
  await insertMail(tx, isFirst ? plan.first() : plan.rest());
  return true;
}

/**
 * The same in statements past Prisma's client, once for each row of `from`: parts of a WITH where the
 * engine has `writesInWith`, otherwise statements to run one after the other.
 */
export function queueingNotice(
  engine: Engine,
  { gathering, first, rest }: NoticePlan,
  from: Prisma.Sql,
): readonly Prisma.Sql[] {
  const [one, others] = [first(), rest()];
  if (!one || !others) return [];
  const counting = countingNotice(gathering, from);
  if (engine.writesInWith) {
    const mailing = (name: string, mail: NewMail, which: Prisma.Sql) =>
      Prisma.sql`${Prisma.raw(name)} AS (${insertingMail(mail, Prisma.sql`FROM counted WHERE ${which}`)})`;
    return [
      Prisma.sql`counted AS (${counting})`,
      mailing('told', one, Prisma.sql`"attempts" = 1`),
      mailing('gathered', others, Prisma.sql`"attempts" > 1`),
    ];
  }
  // The count stays as it is where the notice is not due: then its mail is there already.
  const given = (which: Prisma.Sql) =>
    Prisma.sql`FROM "Throttle" WHERE "key" = ${gathering.key} AND ${which}`;
  const or = Prisma.sql`UNION ALL SELECT ${Prisma.join(Object.values(others))}`;
  const [isFirst, isLater] = [Prisma.sql`"attempts" = 1`, Prisma.sql`"attempts" > 1`];
  return [counting, insertingMail(one, Prisma.sql`${given(isFirst)} ${or} ${given(isLater)}`)];
}
