import { randomUUID } from 'node:crypto';
import type { Database } from '../../src/db/database.ts';

const DAY_MS = 86_400_000;

/** Sessions of a user that ended 40 days ago, from as many devices as are asked for. */
export async function insertDeadSessions(
  db: Database,
  { userId, now, count, devices }: { userId: string; now: Date; count: number; devices: number },
): Promise<void> {
  const at = (days: number) => new Date(now.getTime() - days * DAY_MS);
  await db.prisma.session.createMany({
    data: Array.from({ length: count }, (_, i) => ({
      id: randomUUID(),
      userId,
      rotatedAt: at(41),
      authenticatedAt: at(41),
      amr: 'pwd',
      userAgent: `device ${i % devices}`,
      ipAddress: '192.0.2.1',
      createdAt: at(41),
      lastSeenAt: at(41),
      expiresAt: i % 2 === 0 ? at(-49) : at(40),
      revokedAt: i % 2 === 0 ? at(40) : null,
    })),
  });
}
