/** From the n-th attempt in a row on, how long to wait for the next one, in seconds. */
export type Step = readonly [attempts: number, delaySeconds: number];

export interface ThrottleLaw {
  /** Ascending. Up to the first step there is no wait. */
  readonly delays: readonly Step[];
  /** Seconds after the last attempt and its delay until the count is forgotten. */
  readonly forgetSeconds: number;
  /** Many people share the place: a success there takes back its own attempt and no other. */
  readonly isShared?: true;
  /** A success makes the place trusted. */
  readonly trusts?: true;
  /**
   * Which attempts it counts. `devices`: those with a device token, instead of all other counts, for as
   * long as none of these counts is closed. `strangers`: those from a place that is not trusted.
   * `newcomers` and `repeaters`: strangers before and after `newFor` of another count is reached.
   * @default every attempt without a device token
   */
  readonly counts?: 'devices' | 'strangers' | 'newcomers' | 'repeaters';
  /** How many attempts a stranger makes here as a newcomer. */
  readonly newFor?: number;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 24 * HOUR;
/** How long a place stays trusted after the last attempt from there. */
export const TRUST_SECONDS = 90 * DAY;
/** How long a device token is valid. */
export const DEVICE_SECONDS = 90 * DAY;

/** So many attempts are free; then the wait doubles from half a minute. */
function doubling(free: number, maxSeconds: number): readonly Step[] {
  const steps: Step[] = [];
  let delay = MINUTE / 2;
  for (let at = free; delay < maxSeconds; at++, delay *= 2) steps.push([at, delay]);
  return [...steps, [free + steps.length, maxSeconds]];
}

/** An account from one address. */
const HERE = { delays: doubling(5, HOUR), forgetSeconds: DAY, trusts: true, newFor: 3 } as const;

/** Newcomers from the networks around an address: after so many all of them are repeaters. */
const NEAR = { delays: [], forgetSeconds: 30 * DAY, counts: 'newcomers', newFor: 5 } as const;

/**
 * An account from networks that have hardly tried it. One network with its neighbours makes a third of
 * the free attempts at most, so that what it does makes no newcomer wait.
 */
const NEWCOMERS = {
  delays: [...doubling(15, MINUTE * 15), [70, DAY]],
  forgetSeconds: 30 * DAY,
  counts: 'newcomers',
} as const;

/** An account from networks that go on trying. With the newcomers' hundred in a row: NIST's limit. */
const REPEATERS = {
  delays: [...doubling(5, HOUR), [30, DAY]],
  forgetSeconds: 30 * DAY,
  counts: 'repeaters',
} as const;

/** A device token: after ten failures in a row it is as good as none. */
const DEVICE = {
  delays: [[10, DEVICE_SECONDS]],
  forgetSeconds: DEVICE_SECONDS,
  counts: 'devices',
} as const;

/** All device tokens of an account: the limit of NIST again, against an attacker who collected many. */
const DEVICES = { delays: [[100, DAY]], forgetSeconds: 30 * DAY, counts: 'devices' } as const;

/**
 * Every throttle there is. Waits of half a minute to an hour are those that NIST SP 800-63B-4 section
 * 3.2.2 names; people who mistype are through before they begin.
 */
export const THROTTLES = {
  signInHere: HERE,
  signInNear: NEAR,
  /** One address, whichever account: an office shares it, and an attacker has a list. */
  signInFrom: {
    delays: doubling(100, 15 * MINUTE),
    forgetSeconds: DAY,
    isShared: true,
    counts: 'strangers',
  },
  signInNewcomers: NEWCOMERS,
  signInRepeaters: REPEATERS,
  signInDevice: DEVICE,
  signInDevices: DEVICES,
  /** The current password of a signed-in user, against guesses by a borrowed session. */
  currentPassword: { delays: doubling(5, HOUR), forgetSeconds: DAY },
  /** The second factor, which only a client with the password is asked for (RFC 4226 section 7.3). */
  secondFactorHere: HERE,
  secondFactorNear: NEAR,
  secondFactorNewcomers: NEWCOMERS,
  secondFactorRepeaters: REPEATERS,
  secondFactorDevice: DEVICE,
  secondFactorDevices: DEVICES,
  /**
   * New accounts and new names, from one address, whoever gives them: each new account costs a hash, and
   * each name is a question whether it is taken.
   */
  newAccount: { delays: doubling(50, 15 * MINUTE), forgetSeconds: DAY },
  /** The same by the person who manages the accounts of a tenant, from wherever. */
  newAccountBy: { delays: doubling(50, 15 * MINUTE), forgetSeconds: DAY },
  /** The same by a system administrator, who sees every account anyway: bulk work goes on. */
  bulkAccounts: { delays: [[10_000, 1]], forgetSeconds: HOUR },
  /** New projects of one user: each request of the user reads all of their memberships. */
  newProject: { delays: [[500, HOUR]], forgetSeconds: DAY },
  /** The same by a system administrator. */
  bulkProjects: { delays: [[10_000, 1]], forgetSeconds: HOUR },
  /** Setup tokens from one address. */
  setupToken: { delays: doubling(20, 15 * MINUTE), forgetSeconds: DAY },
  /** Referrer tokens from one address: each tells whether there is such a one. */
  userToken: { delays: doubling(20, 15 * MINUTE), forgetSeconds: DAY, isShared: true },
  /** Links to reset a password to one e-mail address from one network: each is a mail that the recipient may not want. */
  passwordResetHere: { delays: [[3, HOUR]], forgetSeconds: DAY, newFor: 1 },
  passwordResetNear: { delays: [], forgetSeconds: DAY, counts: 'newcomers', newFor: 2 },
  /** The same from everywhere, so counted that one who goes on asking keeps no owner from asking. */
  passwordResetNewcomers: { delays: [[6, HOUR]], forgetSeconds: DAY, counts: 'newcomers' },
  passwordResetRepeaters: { delays: [[3, HOUR]], forgetSeconds: DAY, counts: 'repeaters' },
  /** The same from one network, to whichever address. */
  passwordResetFrom: { delays: doubling(20, 15 * MINUTE), forgetSeconds: DAY },
  /** Verification codes mailed for one user, to any address; each code allows five guesses. */
  emailCodeOf: {
    delays: [
      [3, 10 * MINUTE],
      [6, HOUR],
    ],
    forgetSeconds: DAY,
  },
  /** The same by one user to one unverified address, so that no other user blocks the owner of the address. */
  newEmailTo: { delays: [[3, HOUR]], forgetSeconds: DAY },
  /** Codes that are tried from one address. */
  emailCode: { delays: doubling(20, 15 * MINUTE), forgetSeconds: DAY, isShared: true },
  /** Services that do not show who they are, by address: each is written down. */
  serviceClient: { delays: doubling(20, 15 * MINUTE), forgetSeconds: DAY },
  /** Invitations of a tenant: a tenant owner could otherwise mail any address. */
  invitation: {
    delays: [
      [30, MINUTE],
      [100, 10 * MINUTE],
    ],
    forgetSeconds: DAY,
  },
  /** The same of one address: a new invitation sends another mail. */
  invitationTo: { delays: [[5, HOUR]], forgetSeconds: DAY },
} as const satisfies Record<string, ThrottleLaw>;

export type ThrottleKind = keyof typeof THROTTLES;
