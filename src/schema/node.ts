import { builder, OPEN } from './builder.ts';

/** Anything that has an id of its own (GraphQL Global Object Identification). */
export const Node = builder
  .interfaceRef<{ readonly id: string; readonly kind?: string }>('Node')
  .implement({
    description: 'A thing with an id that never changes and that nothing else has.',
    extensions: OPEN,
    resolveType: ({ kind }) => kind,
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Never changes, never reused.' }),
    }),
  });
