import { POLICY } from '../../access/policy.ts';
import { SYSTEM_ROLES } from '../../access/roles.ts';
import { builder, GRANT, GUARDED } from '../../graphql/builder.ts';
import { encodeCursor } from '../../page.ts';
import { me, userCount, users } from './operations.ts';

const SystemRole = builder.enumType('SystemRole', {
  description: 'Rights over the whole installation.',
  values: SYSTEM_ROLES,
});

export const User = builder.prismaObject('User', {
  description: 'A person with an account.',
  authScopes: GUARDED,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Never changes, never reused.' }),
    username: t.exposeString('username', {
      nullable: true,
      description: 'As typed. Null for a person known by e-mail address only.',
    }),
    email: t.exposeString('email', {
      nullable: true,
      description: 'As typed, where there is one.',
    }),
    name: t.exposeString('name', { description: 'The name that people see; may be empty.' }),
    systemRole: t.expose('systemRole', {
      type: SystemRole,
      description: 'Rights over everything.',
    }),
    disabled: t.exposeBoolean('disabled', { description: 'A disabled user cannot sign in.' }),
    emailVerified: t.boolean({
      description: 'Whether the e-mail address was proven to be theirs.',
      resolve: (user) => user.emailVerifiedAt !== null,
    }),
    mustChangePassword: t.exposeBoolean('mustChangePassword', {
      description: 'Whether the password has to be replaced before anything else.',
    }),
    permissions: t.stringList({
      description: 'What this person may do in the whole installation.',
      resolve: (user) => [...POLICY.system[user.systemRole]],
    }),
    lastLoginAt: t.expose('lastLoginAt', {
      type: 'DateTime',
      nullable: true,
      description: 'The last sign-in, if there ever was one.',
    }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      description: 'When the account was made.',
    }),
  }),
});

builder.queryField('me', (t) =>
  t.field({
    type: User,
    description: me.description,
    authScopes: me.scopes,
    grantScopes: GRANT,
    resolve: (_root, _args, ctx) => me.run(ctx, {}),
  }),
);

builder.queryField('users', (t) =>
  t.connection(
    {
      type: User,
      description: users.description,
      authScopes: users.scopes,
      resolve: async (_root, args, ctx) => {
        const { items, ...ends } = await users.run(ctx, args);
        const edges = items.map((node) => ({ node, cursor: encodeCursor(node.handleKey) }));
        const startCursor = edges[0]?.cursor ?? null;
        const endCursor = edges.at(-1)?.cursor ?? null;
        return { edges, pageInfo: { ...ends, startCursor, endCursor } };
      },
    },
    {
      fields: (t) => ({
        totalCount: t.int({
          description: userCount.description,
          resolve: (_page, _args, ctx) => userCount.run(ctx, {}),
        }),
      }),
    },
  ),
);
