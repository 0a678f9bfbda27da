import { amrValues } from '../../core/sign-in-method.ts';
import { builder, GRANT, GUARDED, offer, OPEN } from '../../schema/builder.ts';
import { mutationOf } from '../../schema/mutation.ts';
import { User } from '../users/graphql.ts';
import { revokeOtherSessions, revokeSession, sessionRevoked, sessions } from './operations.ts';
import type { AuthPayload as AuthPayloadShape } from '../sign-in/begin-session.ts';
import type { EndedSession } from './ended-sessions.ts';

export const AuthPayload = builder.objectRef<AuthPayloadShape>('AuthPayload').implement({
  description: 'The tokens of a session (RFC 6749 section 5.1) and whom they belong to.',
  extensions: OPEN,
  fields: (t) => ({
    accessToken: t.exposeString('accessToken', {
      description: 'Send it as `Authorization: Bearer …`.',
    }),
    refreshToken: t.exposeString('refreshToken', {
      description: 'Exchange it for a new pair with `refresh`; each is good once.',
    }),
    tokenType: t.exposeString('tokenType', { description: 'Always `Bearer` (RFC 6750).' }),
    expiresIn: t.exposeInt('expiresIn', {
      description: 'Seconds that the access token lives, counted from when it was minted.',
    }),
    user: t.expose('user', {
      type: User,
      description: 'Whoever is signed in now.',
      extensions: GRANT,
    }),
  }),
});

const Session = builder.prismaObject('Session', {
  description: 'One sign-in on one device.',
  extensions: GUARDED,
  fields: (t) => ({
    id: t.exposeID('id', { description: 'What `revokeSession` takes.' }),
    current: t.boolean({
      description: 'Whether it is the session that asks.',
      resolve: ({ id }, _args, { actor }) => actor.kind === 'user' && actor.session.id === id,
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: 'What the device said of itself at sign-in, if it said anything.',
    }),
    ipAddress: t.exposeString('ipAddress', {
      nullable: true,
      description: 'The address that signed in, where it is known.',
    }),
    authMethods: t.stringList({
      description: 'How the person signed in: RFC 8176 method references, such as `pwd`.',
      resolve: ({ amr }) => amrValues(amr),
    }),
    authenticatedAt: t.expose('authenticatedAt', {
      type: 'DateTime',
      description: 'When the person last proved who they are.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it began.' }),
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      description: 'When it was last used, to the minute.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'When it ends at the latest, whatever is refreshed.',
    }),
  }),
});

builder.queryField('sessions', (t) =>
  t.field({
    type: [Session],
    ...offer(sessions),
    args: { userId: t.arg.id({ description: 'Whose; the caller unless told.' }) },
    resolve: (_root, args, ctx) => sessions.run(ctx, args),
  }),
);

const RevokeSessionPayload = builder
  .objectRef<{ readonly sessionId: string }>('RevokeSessionPayload')
  .implement({
    description: 'The session is over.',
    extensions: OPEN,
    fields: (t) => ({
      sessionId: t.exposeID('sessionId', { description: 'The session that has ended.' }),
    }),
  });

const RevokeOtherSessionsPayload = builder
  .objectRef<{ readonly revokedSessions: number }>('RevokeOtherSessionsPayload')
  .implement({
    description: 'The other sessions are over.',
    extensions: OPEN,
    fields: (t) => ({
      revokedSessions: t.exposeInt('revokedSessions', { description: 'How many there were.' }),
    }),
  });

mutationOf(revokeSession, RevokeSessionPayload);
mutationOf(revokeOtherSessions, RevokeOtherSessionsPayload);

const SessionRevoked = builder.objectRef<EndedSession>('SessionRevoked').implement({
  description: 'A session that has ended.',
  extensions: OPEN,
  fields: (t) => ({
    sessionId: t.exposeID('sessionId', { description: 'The session.' }),
    current: t.exposeBoolean('current', {
      description: 'Whether it is the one that watches; nothing comes after it.',
    }),
  }),
});

builder.subscriptionField('sessionRevoked', (t) =>
  t.field({
    type: SessionRevoked,
    ...offer(sessionRevoked),
    subscribe: (_root, _args, ctx) => sessionRevoked.run(ctx, {}),
    resolve: (ended) => ended,
  }),
);
