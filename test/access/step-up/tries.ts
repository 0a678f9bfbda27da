import { changeEmail } from '../../../src/features/email/operations.ts';
import { enableTotp } from '../../../src/features/totp/operations.ts';
import { inviteTenantMember } from '../../../src/features/invitations/operations.ts';
import { signIn } from '../../../src/features/sign-in/begin-session.ts';
import type { TenantRole } from '../../../src/core/roles.ts';
import { codeTo } from '../../support/email.ts';
import { PASSWORD } from '../../support/people.ts';
import { tokenMailedTo } from '../../support/tenants.ts';
import { codeOf } from '../../support/totp.ts';
import { PARITY_INPUTS } from '../parity/inputs.ts';
import { apiKeyOf, challenged, oneself, type Scene, somebody } from '../parity/scene.ts';
import { type Inputs, own, type Try } from '../parity/try.ts';
import { inputOf } from '../inputs.ts';

/** The value of ADMIN_USERNAME where these are tried. */
export const ADMIN_NAME = 'boss';
const NAMED = { username: ADMIN_NAME, password: PASSWORD };

/** Somebody who is signed in, as operations take them. */
async function signedIn({ ctx }: Scene, user: Awaited<ReturnType<typeof somebody>>) {
  return { ...ctx, actor: (await signIn(ctx, user)).actor };
}

/** Invites an address with a role in the one tenant; answers the token of the mail. */
async function invited(scene: Scene, role: TenantRole) {
  const { ctx, world, app } = scene;
  const { prisma } = ctx.db;
  const admin = await prisma.user.findUniqueOrThrow({ where: { id: world.idOf('systemAdmin') } });
  const { actor } = await signIn(ctx, admin);
  const email = `${world.freshName()}@example.com`;
  await inviteTenantMember.run({ ...ctx, actor }, { tenantId: world.tenantId, email, role });
  return { invitationToken: await tokenMailedTo(app, email) };
}

/** Has whoever tries have a second factor. */
async function withSecondFactor(scene: Scene) {
  const { ctx, app } = scene;
  const user = await oneself(scene);
  const { secret } = await enableTotp.run({ ...ctx, actor: (await signIn(ctx, user)).actor }, {});
  const now = ctx.clock.now();
  await ctx.db.prisma.totpCredential.update({
    where: { userId: user.id },
    data: { confirmedAt: now },
  });
  await ctx.db.prisma.user.update({ where: { id: user.id }, data: { totpEnabledAt: now } });
  return { code: codeOf(app, secret) };
}

/** What the tries of the parity test and of the sweep leave out: what changes most. */
const MORE: Inputs = {
  acceptTenantInvitation: { 'as an admin': own((scene) => invited(scene, 'ADMIN')) },
  changeEmail: { right: ({ world }) => ({ email: `${world.freshName()}@example.com` }) },
  confirmTotp: {
    right: own(async (scene) => {
      const { ctx, app } = scene;
      const { actor } = await signIn(ctx, await oneself(scene));
      const { secret } = await enableTotp.run({ ...ctx, actor }, {});
      return { code: codeOf(app, secret) };
    }),
  },
  createUser: {
    'an administrator': () => ({ ...NAMED, username: 'another', systemRole: 'ADMIN' }),
    'the name of one': () => NAMED,
    'an admin of the tenant': ({ world }) => ({
      username: 'another',
      password: PASSWORD,
      tenantId: world.tenantId,
      tenantRole: 'ADMIN',
    }),
  },
  'createUser.byName': { 'the name of an administrator': () => NAMED },
  'createUser.signedIn': { 'the name of an administrator': () => NAMED },
  disableTotp: {
    on: own(async (scene) => {
      await withSecondFactor(scene);
      return {};
    }),
  },
  importUsers: {
    'the name of an administrator': () => ({
      users: [NAMED].map(({ username }) => ({ username })),
    }),
  },
  inviteTenantMember: {
    'as an admin': ({ world }) => ({
      tenantId: world.tenantId,
      email: `${world.freshName()}@example.com`,
      role: 'ADMIN',
    }),
  },
  regenerateRecoveryCodes: {
    on: own(async (scene) => {
      await withSecondFactor(scene);
      return {};
    }),
  },
  registerByInvitation: {
    'as an admin': async (scene) => ({
      ...(await invited(scene, 'ADMIN')),
      username: 'another',
      password: PASSWORD,
    }),
  },
  removeProjectMember: {
    'an editor': ({ world }) => ({
      projectId: world.projectId,
      userId: world.idOf('projectEditor'),
    }),
  },
  removeTenantMember: {
    'an admin': ({ world }) => ({ tenantId: world.tenantId, userId: world.idOf('tenantAdmin') }),
  },
  resetTotp: {
    on: async (scene) => ({ userId: (await challenged(scene)).user.id }),
  },
  rotateApiKey: {
    own: own(async (scene) => ({ id: await apiKeyOf(scene, await oneself(scene)) })),
  },
  updateTenantMember: {
    'to an admin': async (scene) => ({
      tenantId: scene.world.tenantId,
      userId: (await somebody(scene)).id,
      role: 'ADMIN',
    }),
  },
  updateUser: {
    'the own name': own(async (scene) => ({ id: (await oneself(scene)).id, username: 'renamed' })),
    'another name': async (scene) => ({ id: (await somebody(scene)).id, username: 'renamed' }),
    'the system role': async (scene) => ({ id: (await somebody(scene)).id, systemRole: 'ADMIN' }),
    'lets in again': async (scene) => {
      const { id } = await somebody(scene);
      await scene.ctx.db.prisma.user.update({ where: { id }, data: { disabled: true } });
      return { id, disabled: false };
    },
  },
  verifyEmailOtp: {
    'another address': async (scene) => {
      const email = `${scene.world.freshName()}@example.com`;
      const { token } = await changeEmail.run(await signedIn(scene, await somebody(scene)), {
        email,
      });
      return { token, otp: await codeTo(scene.app, email, 'newEmailCode') };
    },
  },
};

/** Operations that do what another does, with the same input. */
const KIN: Readonly<Record<string, string>> = {
  createFirstUser: 'setup',
  verifyTotp: 'confirmTotp',
};

/** Everything that an operation is tried with. */
export function triesOf(operation: string): readonly Try[] {
  const kin = KIN[operation] ?? operation.split('.')[0]!;
  const sweep: Try = async ({ world, actor }) => {
    const given = (await inputOf(kin, world, actor)) as { input?: object };
    return { ...(given.input ?? given) };
  };
  const named = [PARITY_INPUTS[kin], MORE[kin], MORE[operation]];
  const all = named.flatMap((tries) => Object.values(tries ?? {}));
  return [sweep, ...new Set(all)];
}
