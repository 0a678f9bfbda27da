import { builder, GRANT, GUARDED, offer, OPEN } from '../../schema/builder.ts';
import { toConnection } from '../../schema/connection.ts';
import { mutationOf } from '../../schema/mutation.ts';
import { Node } from '../../schema/node.ts';
import { apiKeys, createApiKey, type NewKey, revokeApiKey, rotateApiKey } from './operations.ts';
import { scopesOf } from '../../access/api-keys.ts';

const ApiKey = builder.prismaObject('ApiKey', {
  description: 'What a program shows instead of a sign-in: `Authorization: Bearer …`.',
  interfaces: [Node],
  extensions: GUARDED,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'What `revokeApiKey` and `rotateApiKey` take.' }),
    userId: t.exposeID('userId', { description: 'Whose it is.' }),
    name: t.exposeString('name', { description: 'What it is for, as its owner says.' }),
    hint: t.exposeString('hint', {
      description: 'How its text begins and ends, to tell it by: `qzr_…x7Kq`.',
    }),
    scopes: t.stringList({
      nullable: true,
      description: 'The permissions that it is for. Null: all that its owner has and a key may.',
      resolve: (key) => scopesOf(key)?.slice() ?? null,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it runs out, if it does.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to the minute, if it ever was.',
    }),
    replacedById: t.exposeID('replacedById', {
      nullable: true,
      description: 'The key that took its place, where one did: it goes on until it runs out.',
    }),
  }),
});

builder.queryField('apiKeys', (t) =>
  t.connection({
    type: ApiKey,
    ...offer(apiKeys),
    args: { userId: t.arg.id({ description: 'Whose; the caller unless told.' }) },
    resolve: async (_root, args, ctx) => toConnection(await apiKeys.run(ctx, args)),
  }),
);

const newKey = (name: string, description: string) =>
  builder.objectRef<NewKey>(name).implement({
    description,
    extensions: OPEN,
    fields: (t) => ({
      apiKey: t.expose('apiKey', {
        type: ApiKey,
        description: 'What is known of it from now on.',
        extensions: GRANT,
      }),
      key: t.exposeString('key', { description: 'Its text. Keep it: it is never shown again.' }),
    }),
  });

const RevokeApiKeyPayload = builder
  .objectRef<{ readonly apiKeyId: string }>('RevokeApiKeyPayload')
  .implement({
    description: 'The key is over.',
    extensions: OPEN,
    fields: (t) => ({
      apiKeyId: t.exposeID('apiKeyId', { description: 'Which it was.' }),
    }),
  });

mutationOf(createApiKey, newKey('CreateApiKeyPayload', 'The key is made.'));
mutationOf(rotateApiKey, newKey('RotateApiKeyPayload', 'Another key is in its place.'));
mutationOf(revokeApiKey, RevokeApiKeyPayload);
