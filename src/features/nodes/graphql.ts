import { builder, offer } from '../../schema/builder.ts';
import { Node } from '../../schema/node.ts';
import { node, nodes } from './operations.ts';

builder.queryField('node', (t) =>
  t.field({
    type: Node,
    nullable: true,
    ...offer(node),
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    resolve: (_root, args, ctx) => node.run(ctx, args),
  }),
);

builder.queryField('nodes', (t) =>
  t.field({
    type: [Node],
    nullable: { list: false, items: true },
    ...offer(nodes),
    args: { ids: t.arg.idList({ required: true, description: 'Their ids, at most 100.' }) },
    resolve: (_root, args, ctx) => nodes.run(ctx, args),
  }),
);
