import { builder, OPEN, offer } from '../../schema/builder.ts';
import { dashboards } from './operations.ts';
import type { DashboardRow } from './store.ts';

const Dashboard = builder.objectRef<DashboardRow>('Dashboard').implement({
  description: 'What somebody wants to see at a glance.',
  extensions: OPEN,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Never changes, never reused.' }),
    userId: t.exposeID('userId', { description: 'Whose it is.' }),
    name: t.exposeString('name', { description: 'What it is called.' }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'What it is for, where that is said.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
  }),
});

builder.queryField('dashboards', (t) =>
  t.field({
    type: [Dashboard],
    ...offer(dashboards),
    resolve: (_root, _args, ctx) => dashboards.run(ctx, {}),
  }),
);
