import { ANONYMOUS } from '../../../src/core/actor.ts';
import { newTotpSecret } from '../../../src/adapters/totp.ts';
import { type Context, contextOf } from '../../../src/core/context.ts';
import { newApiKey } from '../../../src/features/api-keys/rules.ts';
import { sendResetLink } from '../../../src/features/passwords/reset.ts';
import { createUserToken } from '../../../src/features/referrals/operations.ts';
import { signIn } from '../../../src/features/sign-in/begin-session.ts';
import { beginChallenge } from '../../../src/features/sign-in/challenge.ts';
import { TOTP } from '../../../src/features/sign-in/totp.ts';
import { secretPurpose } from '../../../src/features/totp/rules.ts';
import type { UserRow } from '../../../src/features/users/store.ts';
import type { TestApp } from '../../support/app.ts';
import { sendCode } from '../../support/email.ts';
import { readOutbox } from '../../support/outbox.ts';
import { codeOf } from '../../support/totp.ts';
import type { ActorName, World } from '../world.ts';

/** What a try finds, and who it is that tries. */
export interface Scene {
  readonly app: TestApp;
  readonly world: World;
  readonly ctx: Context;
  readonly actor: ActorName;
}

export function sceneOf(app: TestApp, world: World, actor: ActorName): Scene {
  const request = { id: 'scene', ipAddress: '127.0.0.1', userAgent: undefined };
  return { app, world, actor, ctx: contextOf(app.services, ANONYMOUS, request) };
}

/** Somebody else, in the one tenant, by the name they sign in with. */
export async function somebody({ world }: Scene): Promise<UserRow & { readonly username: string }> {
  const member = await world.freshMember();
  return { ...member, username: member.username! };
}

/** Whoever tries; somebody else where that is nobody who could sign in. */
export async function oneself(scene: Scene): Promise<UserRow> {
  const id =
    scene.actor === 'apiKey' ? scene.world.idOf('systemAdmin') : scene.world.idOf(scene.actor);
  const user = await scene.ctx.db.prisma.user.findUnique({ where: { id, disabled: false } });
  return user ?? (await somebody(scene));
}

export async function sessionOf({ ctx }: Scene, user: UserRow) {
  const { accessToken, refreshToken, actor } = await signIn(ctx, user);
  return { accessToken, refreshToken, id: actor.session.id };
}

export async function apiKeyOf({ ctx }: Scene, { id: userId }: UserRow): Promise<string> {
  const key = newApiKey(ctx, { userId, name: 'a key', scopes: null, lifeSeconds: undefined });
  await ctx.db.prisma.apiKey.create({ data: key.row });
  return key.row.id;
}

/** Has everybody have an address that nobody has shown to be theirs. */
export async function giveAddresses({ ctx }: Scene): Promise<void> {
  for (const { id, usernameKey } of await ctx.db.prisma.user.findMany()) {
    const email = `${usernameKey}@example.com`;
    await ctx.db.prisma.user.update({ where: { id }, data: { email, emailKey: email } });
  }
}

export async function disable({ ctx }: Scene, { id }: UserRow): Promise<void> {
  await ctx.db.prisma.user.update({ where: { id }, data: { disabled: true } });
}

/** Somebody with a second factor, who has given their password. */
export async function challenged(scene: Scene) {
  const { app, ctx } = scene;
  const user = await somebody(scene);
  const secret = newTotpSecret(ctx.random);
  const now = ctx.clock.now();
  const sealed = ctx.secretBox.seal(secret, secretPurpose(user.id));
  await ctx.db.prisma.totpCredential.create({
    data: { userId: user.id, secret: sealed, createdAt: now, confirmedAt: now },
  });
  await ctx.db.prisma.user.update({ where: { id: user.id }, data: { totpEnabledAt: now } });
  const { challengeToken } = await beginChallenge(ctx, user, TOTP);
  return { user, challengeToken, code: codeOf(app, secret) };
}

/** What the mail to somebody links to. */
export async function resetTokenOf(scene: Scene, user: UserRow): Promise<string> {
  const email = `${user.usernameKey}@example.com`;
  await sendResetLink(scene.ctx, { ...user, email });
  const mail = (await readOutbox(scene.app.services)).find(({ toAddress }) => toAddress === email);
  return /reset-password\?token=([\w-]+)/.exec(mail!.text)![1]!;
}

/** What somebody has been mailed, to show that they read the mail of their address. */
export async function emailCodeOf(scene: Scene) {
  await giveAddresses(scene);
  const user = await somebody(scene);
  const email = `${user.usernameKey}@example.com`;
  await scene.ctx.db.prisma.user.update({
    where: { id: user.id },
    data: { email, emailKey: email },
  });
  const { accessToken } = await sessionOf(scene, user);
  return sendCode(scene.app, accessToken);
}

/** A token with which others make accounts, of somebody. */
export async function referrerOf({ ctx }: Scene, user: UserRow): Promise<string> {
  const { actor } = await signIn(ctx, user);
  const { userToken } = await createUserToken.run({ ...ctx, actor }, {});
  return userToken.token;
}

/** Takes everybody away: an installation that nobody has set up. */
export async function leaveNobody({ ctx }: Scene): Promise<void> {
  await ctx.db.prisma.user.deleteMany();
  await ctx.db.prisma.tenant.deleteMany();
}

/** A project in the stranger's own tenant, of which nobody else is a member. */
export async function strangersProject({ ctx, world }: Scene): Promise<string> {
  const userId = world.idOf('stranger');
  const { tenantId } = await ctx.db.prisma.tenantMembership.findFirstOrThrow({ where: { userId } });
  const id = ctx.random.uuid();
  const now = ctx.clock.now();
  const times = { createdAt: now, updatedAt: now };
  const memberships = { create: { userId, role: 'OWNER', createdAt: now } } as const;
  await ctx.db.prisma.project.create({
    data: { id, tenantId, name: 'theirs', ...times, memberships },
  });
  return id;
}
