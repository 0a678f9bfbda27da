import { giveAddresses, referrerOf, somebody } from './scene.ts';
import { type Inputs, stale, whileOff, withGivenPassword } from './try.ts';

const OTHER = 'another horse battery';

/** Accounts: who has one, and what is known of it. */
export const ACCOUNT_INPUTS: Inputs = {
  me: { own: () => ({}), 'with a given password': withGivenPassword(() => ({})) },
  updateProfile: {
    right: () => ({ name: 'Anew' }),
    'too long': () => ({ name: 'x'.repeat(201) }),
  },
  users: { all: () => ({}), off: whileOff(() => ({})) },
  createUser: {
    right: () => ({ username: 'newcomer', password: OTHER }),
    off: whileOff(() => ({ username: 'newcomer', password: OTHER })),
    taken: () => ({ username: 'TenantMember', password: OTHER }),
    'too short': () => ({ username: 'newcomer', password: 'short' }),
    'no name': () => ({ username: '', password: OTHER }),
  },
  updateUser: {
    right: async (scene) => ({ login: (await somebody(scene)).username, disabled: true }),
    off: whileOff(async (scene) => ({ login: (await somebody(scene)).username, disabled: true })),
    own: () => ({ login: 'systemAdmin', disabled: true }),
    missing: () => ({ login: 'nobody', disabled: true }),
    "another tenant's": () => ({ login: 'stranger', disabled: true }),
  },
  deleteUser: {
    right: async (scene) => ({ login: (await somebody(scene)).username }),
    off: whileOff(async (scene) => ({ login: (await somebody(scene)).username })),
    own: () => ({ login: 'systemAdmin' }),
    missing: () => ({ login: 'nobody' }),
    "another tenant's": () => ({ login: 'stranger' }),
  },
  saveUsers: {
    new: () => ({ users: [{ username: 'newcomer', password: OTHER }] }),
    taken: () => ({ users: [{ username: 'tenantMember', password: OTHER }] }),
    'too short': () => ({ users: [{ username: 'newcomer', password: 'short' }] }),
    changed: async (scene) => ({
      users: [{ id: (await somebody(scene)).id, username: 'anew', systemRole: 'ADMIN' }],
    }),
    kept: async (scene) => ({ users: [{ id: (await somebody(scene)).id, disabled: true }] }),
    'no name': () => ({ users: [{ username: '', password: OTHER }] }),
    'signed in long ago': stale(async (scene) => ({
      users: [{ id: (await somebody(scene)).id, password: OTHER }],
    })),
    own: ({ world }) => ({ users: [{ id: world.idOf('systemAdmin'), disabled: true }] }),
    missing: ({ ctx }) => ({ users: [{ id: ctx.random.uuid(), disabled: true }] }),
  },
  resetPassword: {
    right: async (scene) => ({ login: (await somebody(scene)).username, newPassword: OTHER }),
    'signed in long ago': stale(() => ({ login: 'nobody', newPassword: OTHER })),
    'with a given password': withGivenPassword(() => ({ login: 'nobody', newPassword: OTHER })),
    'a password that is too long': () => ({ login: 'nobody', newPassword: 'x'.repeat(10_000) }),
    own: () => ({ login: 'systemAdmin', newPassword: OTHER }),
    missing: () => ({ login: 'nobody', newPassword: OTHER }),
    'too short': async (scene) => ({
      login: (await somebody(scene)).username,
      newPassword: 'short',
    }),
  },
  register: {
    right: () => ({ email: 'newcomer@example.com', password: OTHER, name: 'Newcomer' }),
    taken: async (scene) => {
      await giveAddresses(scene);
      return { email: 'TenantMember@example.com', password: OTHER };
    },
    'too short': () => ({ email: 'newcomer@example.com', password: 'short' }),
    'nobody named': () => ({ password: OTHER }),
  },
  signup: {
    right: async (scene) => ({
      referrer: await referrerOf(scene, await somebody(scene)),
      email: 'newcomer@example.com',
      password: OTHER,
    }),
    taken: async (scene) => {
      await giveAddresses(scene);
      const referrer = await referrerOf(scene, await somebody(scene));
      return { referrer, email: 'tenantmember@example.com', password: OTHER };
    },
    'too short': async (scene) => ({
      referrer: await referrerOf(scene, await somebody(scene)),
      email: 'newcomer@example.com',
      password: 'short',
    }),
    'unknown referrer': () => ({
      referrer: 'none',
      email: 'newcomer@example.com',
      password: OTHER,
    }),
  },
  createUserToken: { own: () => ({}) },
  userTokens: { own: () => ({}) },
  verifyUserToken: {
    live: async (scene) => ({ token: await referrerOf(scene, await somebody(scene)) }),
    unknown: () => ({ token: 'none' }),
  },
  dashboards: { own: () => ({}) },
};
