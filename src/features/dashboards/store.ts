import type { Database } from '../../db/database.ts';
import type { Dashboard } from '../../db/generated/sqlite/client.ts';

export type DashboardRow = Dashboard;

/** The dashboard that everybody has from the start. */
export function defaultDashboardRow(owner: {
  readonly id: string;
  readonly userId: string;
  readonly now: Date;
}) {
  return {
    id: owner.id,
    userId: owner.userId,
    name: 'Default',
    description: 'The default Dashboard',
    createdAt: owner.now,
  };
}

/** The dashboards of somebody, the oldest first. */
export function listDashboards(db: Database, userId: string): Promise<DashboardRow[]> {
  return db.prisma.dashboard.findMany({
    where: { userId },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
  });
}
