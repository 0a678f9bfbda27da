import { isCaller, signedIn } from '../../core/actor.ts';
import { carries } from '../../access/api-keys.ts';
import { POLICY } from '../../access/policy.ts';
import { SYSTEM_ROLES } from '../../core/roles.ts';
import { builder, GRANT, GUARDED, offer, OPEN } from '../../schema/builder.ts';
import { toConnection } from '../../schema/connection.ts';
import { inputType } from '../../schema/input.ts';
import { mutationOf } from '../../schema/mutation.ts';
import { Node } from '../../schema/node.ts';
import { propertiesAsked, reads } from '../../schema/reads.ts';
import {
  createUser,
  deleteUser,
  me,
  updateProfile,
  updateUser,
  user,
  userCount,
  userFilterInput,
  userOrderInput,
  users,
} from './operations.ts';
import { ORDER_DIRECTIONS, type USER_ORDER_FIELDS } from './order.ts';
import { saveUsers } from './batch-operations.ts';
import type { ShownUser, UserRow } from './store.ts';

const SystemRole = builder.enumType('SystemRole', {
  description: 'Rights over the whole installation.',
  values: SYSTEM_ROLES,
});

export const User = builder.objectRef<ShownUser>('User').implement({
  description: 'A person with an account.',
  interfaces: [Node],
  extensions: GUARDED,
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
      extensions: reads<ShownUser>('emailVerifiedAt'),
      resolve: (user) => user.emailVerifiedAt !== null,
    }),
    mustChangePassword: t.exposeBoolean('mustChangePassword', {
      description: 'Whether the password has to be replaced before anything else.',
    }),
    permissions: t.stringList({
      description:
        'What this person may do in the whole installation; with an API key of theirs, what that may.',
      extensions: reads<ShownUser>('id', 'systemRole'),
      resolve: ({ id, systemRole }, _args, { actor }) =>
        POLICY.system[systemRole].filter(
          (permission) => !isCaller(actor, id) || carries(signedIn(actor), permission),
        ),
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
    ...offer(me),
    resolve: (_root, _args, ctx) => me.run(ctx, {}),
  }),
);

builder.queryField('user', (t) =>
  t.field({
    type: User,
    nullable: true,
    ...offer(user),
    args: { id: t.arg.id({ required: true, description: 'Whose account.' }) },
    resolve: (_root, args, ctx) => user.run(ctx, args),
  }),
);

builder.enumType('UserOrderField', {
  description: 'What a list of users is sorted by.',
  values: {
    USERNAME: { description: 'The username, or the e-mail address of who has none.' },
    CREATED_AT: { description: 'When the account was made.' },
    LAST_LOGIN_AT: {
      description: 'The last sign-in; who never signed in comes before all others.',
    },
  } satisfies Record<(typeof USER_ORDER_FIELDS)[number], object>,
});

builder.enumType('OrderDirection', {
  description: 'Which way a list is sorted.',
  values: ORDER_DIRECTIONS,
});

const UserFilter = inputType(
  'UserFilter',
  userFilterInput,
  'Narrows a list of users: each condition that is given has to hold.',
);
const UserOrder = inputType('UserOrder', userOrderInput, 'How a list of users is sorted.');

builder.queryField('users', (t) =>
  t.connection(
    {
      type: User,
      ...offer(users),
      args: {
        filter: t.arg({ type: UserFilter, description: 'Which users; all of them unless told.' }),
        orderBy: t.arg({
          type: UserOrder,
          description: 'By username unless told. A cursor belongs to the order it was made in.',
        }),
      },
      resolve: async (_root, args, ctx, info) => {
        const columns = propertiesAsked(info, 'User');
        const input = columns === 'all' ? args : { ...args, columns: [...columns] };
        return { ...toConnection(await users.run(ctx, input)), filter: args.filter };
      },
    },
    {
      fields: (t) => ({
        totalCount: t.int({
          description: userCount.description,
          resolve: ({ filter }, _args, ctx) => userCount.run(ctx, { filter }),
        }),
      }),
    },
  ),
);

const payload = (name: string, description: string) =>
  builder.objectRef<{ readonly user: UserRow }>(name).implement({
    description,
    extensions: OPEN,
    fields: (t) => ({
      user: t.expose('user', { type: User, description: 'As it is now.', extensions: GRANT }),
    }),
  });

const SaveUsersPayload = builder
  .objectRef<{ readonly users: readonly UserRow[] }>('SaveUsersPayload')
  .implement({
    description: 'All of them are made and changed.',
    extensions: OPEN,
    fields: (t) => ({
      users: t.field({
        type: [User],
        description: 'As they are now, in the order they were given.',
        extensions: GRANT,
        resolve: ({ users }) => users,
      }),
    }),
  });

const DeleteUserPayload = builder
  .objectRef<{ readonly userId: string }>('DeleteUserPayload')
  .implement({
    description: 'The account is gone.',
    extensions: OPEN,
    fields: (t) => ({
      userId: t.exposeID('userId', { description: 'Whose it was; never used again.' }),
    }),
  });

mutationOf(createUser, payload('CreateUserPayload', 'The account is made.'));
mutationOf(updateUser, payload('UpdateUserPayload', 'The account is changed.'));
mutationOf(saveUsers, SaveUsersPayload);
mutationOf(deleteUser, DeleteUserPayload);
mutationOf(updateProfile, payload('UpdateProfilePayload', 'The profile is changed.'));
