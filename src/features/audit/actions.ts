interface ActionSpec {
  /** What an auditor reads. */
  readonly description: string;
  /** The only details it may carry. */
  readonly details: readonly (keyof Details)[];
}

/** Every detail that any event may carry. Nothing typed by a stranger: it may be a password. */
interface Details {
  /** Why it failed or was refused: an error code. */
  readonly reason: string;
  /** How somebody proved who they are, as RFC 8176 names it. */
  readonly amr: string;
  /** Which properties changed; never what they hold. */
  readonly fields: readonly string[];
  /** How many things it touched. */
  readonly count: number;
  readonly role: string;
}

/** Everything that is audited. A name, once written, keeps its meaning. */
export const AUDIT_ACTIONS = {
  'setup.completed': { description: 'The first administrator was made.', details: [] },
  'auth.registered': { description: 'Somebody made an account of their own.', details: [] },
  'auth.login': { description: 'Somebody signed in.', details: ['amr'] },
  'auth.login_failed': {
    description: 'A sign-in was refused. Has a target only where the account exists.',
    details: ['reason'],
  },
  'auth.logout': { description: 'Somebody signed out.', details: [] },
  'session.refresh_reused': {
    description: 'A refresh token came back after it was used up; its session was ended.',
    details: [],
  },
  'session.revoked': { description: 'A session was ended.', details: ['reason'] },
  'session.others_revoked': {
    description: 'Every session of a user but one was ended.',
    details: ['count'],
  },
  'password.changed': {
    description: 'Somebody changed their password; their other sessions ended.',
    details: ['count'],
  },
  'password.change_failed': {
    description: 'A change of password was refused.',
    details: ['reason'],
  },
  'password.reset': {
    description: 'A password was replaced by an administrator or by a link.',
    details: [],
  },
  'user.created': { description: 'An account was made for somebody.', details: ['role'] },
  'user.updated': { description: 'An account was changed.', details: ['fields'] },
  'user.disabled': { description: 'An account was disabled; its sessions ended.', details: [] },
  'user.enabled': { description: 'An account was enabled again.', details: [] },
  'user.role_changed': { description: 'A system role was given or taken.', details: ['role'] },
  'user.deleted': { description: 'An account was deleted.', details: [] },
} as const satisfies Record<string, ActionSpec>;

export type AuditAction = keyof typeof AUDIT_ACTIONS;

/** The details that an action may carry. */
export type DetailsOf<A extends AuditAction> = Partial<
  Pick<Details, (typeof AUDIT_ACTIONS)[A]['details'][number]>
>;
