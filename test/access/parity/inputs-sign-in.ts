import { PASSWORD } from '../../support/people.ts';
import {
  apiKeyOf,
  challenged,
  disable,
  emailCodeOf,
  giveAddresses,
  leaveNobody,
  oneself,
  resetTokenOf,
  sessionOf,
  somebody,
} from './scene.ts';
import { type Inputs, own, stale, whileOff, withGivenPassword } from './try.ts';

const OTHER = 'another horse battery';
const WRONG = 'wrong horse battery';
const FIRST = { username: 'first', password: OTHER };

/** How people sign in, and show who they are. */
export const SIGN_IN_INPUTS: Inputs = {
  authStatus: { on: () => ({}), off: whileOff(() => ({})) },
  setup: {
    first: async (scene) => {
      await leaveNobody(scene);
      return FIRST;
    },
    'first, with a password that is too short': async (scene) => {
      await leaveNobody(scene);
      return { ...FIRST, password: 'short' };
    },
    'after setup': () => FIRST,
    'after setup, with nothing that is valid': () => ({ ...FIRST, username: 'no@name' }),
  },
  skipSetup: {
    'before setup': async (scene) => {
      await leaveNobody(scene);
      return {};
    },
    'after setup': () => ({}),
  },
  enableAuth: { on: () => ({}), off: whileOff(() => ({})) },
  disableAuth: { on: () => ({}), 'signed in long ago': stale(() => ({})) },
  login: {
    right: async (scene) => ({ username: (await somebody(scene)).username, password: PASSWORD }),
    'wrong password': () => ({ username: 'tenantMember', password: WRONG }),
    'unknown name': () => ({ username: 'nobody', password: PASSWORD }),
    'disabled account': async (scene) => {
      const user = await somebody(scene);
      await disable(scene, user);
      return { username: user.username, password: PASSWORD };
    },
    'second factor': async (scene) => {
      const { user } = await challenged(scene);
      return { username: user.username, password: PASSWORD };
    },
    'no text': () => ({ username: 'tenantMember', password: 'x'.repeat(10_000) }),
    off: whileOff(async (scene) => ({
      username: (await somebody(scene)).username,
      password: PASSWORD,
    })),
  },
  completeLogin: {
    right: async (scene) => {
      const { challengeToken, code } = await challenged(scene);
      return { challengeToken, code };
    },
    'wrong code': async (scene) => {
      const { challengeToken } = await challenged(scene);
      return { challengeToken, code: 'none' };
    },
    'unknown ticket': () => ({ challengeToken: 'none', code: '000000' }),
    'disabled account': async (scene) => {
      const { user, challengeToken, code } = await challenged(scene);
      await disable(scene, user);
      return { challengeToken, code };
    },
  },
  refresh: {
    live: async (scene) => ({
      refreshToken: (await sessionOf(scene, await somebody(scene))).refreshToken,
    }),
    unknown: () => ({ refreshToken: 'none' }),
    'of an ended session': async (scene) => {
      const { id, refreshToken } = await sessionOf(scene, await somebody(scene));
      const revokedAt = scene.ctx.clock.now();
      await scene.ctx.db.prisma.session.update({ where: { id }, data: { revokedAt } });
      return { refreshToken };
    },
  },
  verifyToken: {
    live: async (scene) => ({
      token: (await sessionOf(scene, await somebody(scene))).accessToken,
    }),
    unknown: () => ({ token: 'none' }),
  },
  logout: { own: () => ({}), 'with a given password': withGivenPassword(() => ({})) },
  sessions: { own: () => ({}) },
  revokeSession: {
    own: own(async (scene) => ({ id: (await sessionOf(scene, await oneself(scene))).id })),
    another: async (scene) => ({ id: (await sessionOf(scene, await somebody(scene))).id }),
    missing: ({ ctx }) => ({ id: ctx.random.uuid() }),
  },
  enableTotp: {
    own: () => ({}),
    'signed in long ago': stale(() => ({})),
    'with a given password': withGivenPassword(() => ({})),
    'with a given password, long ago': stale(withGivenPassword(() => ({}))),
  },
  changePassword: {
    right: () => ({ currentPassword: PASSWORD, newPassword: OTHER }),
    'wrong password': () => ({ currentPassword: WRONG, newPassword: OTHER }),
    'too short': () => ({ currentPassword: PASSWORD, newPassword: 'short' }),
  },
  requestPasswordReset: {
    known: async (scene) => {
      await giveAddresses(scene);
      return { email: 'tenantmember@example.com' };
    },
    unknown: () => ({ email: 'nobody@example.com' }),
    'no address': () => ({ email: 'nobody' }),
  },
  completePasswordReset: {
    live: async (scene) => ({
      token: await resetTokenOf(scene, await somebody(scene)),
      password: OTHER,
    }),
    'too short': async (scene) => ({
      token: await resetTokenOf(scene, await somebody(scene)),
      password: 'short',
    }),
    unknown: () => ({ token: 'none', password: OTHER }),
  },
  sendEmailOtp: {
    address: async (scene) => {
      await giveAddresses(scene);
      return {};
    },
    'no address': () => ({}),
  },
  verifyEmailOtp: {
    right: emailCodeOf,
    'wrong code': async (scene) => ({ ...(await emailCodeOf(scene)), otp: 'none' }),
    unknown: () => ({ token: 'none', otp: '000000' }),
  },
  apiKeys: {
    own: own(async (scene) => {
      await apiKeyOf(scene, await oneself(scene));
      return {};
    }),
  },
  createApiKey: {
    right: () => ({ name: 'another', expiresInDays: 30 }),
    'no name': () => ({ name: '' }),
    'no name, signed in long ago': stale(() => ({ name: '' })),
    'with a given password': withGivenPassword(() => ({ name: 'another' })),
  },
  revokeApiKey: {
    own: own(async (scene) => ({ id: await apiKeyOf(scene, await oneself(scene)) })),
    another: async (scene) => ({ id: await apiKeyOf(scene, await somebody(scene)) }),
    missing: ({ ctx }) => ({ id: ctx.random.uuid() }),
  },
};
