import type { SecretBox } from '../../src/adapters/secret-box.ts';
import type { Database } from '../../src/db/database.ts';
import { type MailBody, openBody } from '../../src/features/mail/compose.ts';

/** The mails that wait to be sent, oldest first, with what they say. */
export async function readOutbox({
  db,
  secretBox,
}: {
  readonly db: Database;
  readonly secretBox: SecretBox;
}) {
  const rows = await db.prisma.outboxMail.findMany({
    where: { dueAt: { not: null } },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
  return rows.map((row): typeof row & MailBody => ({ ...row, ...openBody(secretBox, row) }));
}
