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
  /** The methods by which the user signed in, as RFC 8176 names them. */
  readonly amr: string;
  /** Which properties changed; never what they hold. */
  readonly fields: readonly string[];
  /** How many things it touched. */
  readonly count: number;
  readonly role: string;
  /** In which tenant. */
  readonly tenantId: string;
  /** Whom it concerns besides its target. */
  readonly userId: string;
  readonly formerOwnerId: string;
  /** What was asked for, by the name of its operation. */
  readonly operation: string;
  /** The right that was missing. */
  readonly permission: string;
  /** The API key that another one replaces. */
  readonly formerKeyId: string;
}

/** Everything that is audited. A name, once written, keeps its meaning. */
export const AUDIT_ACTIONS = {
  'setup.completed': { description: 'The first administrator was made.', details: [] },
  'setup.skipped': {
    description: 'Setup was skipped: authentication is off until there is a user.',
    details: [],
  },
  'setup.refused': { description: 'Setup was tried with a wrong token.', details: ['reason'] },
  'auth.enabled': {
    description: 'Authentication was turned on, by a person or with the first user.',
    details: [],
  },
  'auth.disabled': {
    description: 'Authentication was turned off: every client may do anything.',
    details: [],
  },
  'auth.registered': {
    description: 'A person registered an account. Names the referrer, if there is one.',
    details: ['userId'],
  },
  'auth.login': { description: 'A user signed in.', details: ['amr'] },
  'auth.login_failed': {
    description: 'A sign-in was refused. Has a target only where the account exists.',
    details: ['reason'],
  },
  'auth.reauthenticated': {
    description: 'A signed-in user authenticated again; a new session replaced the old one.',
    details: ['amr'],
  },
  'auth.reauthentication_failed': {
    description: 'A signed-in user failed to authenticate again.',
    details: ['reason'],
  },
  'auth.logout': { description: 'A user signed out.', details: [] },
  'session.refresh_reused': {
    description: 'A refresh token came back after it was used up; its session was ended.',
    details: [],
  },
  'session.revoked': { description: 'One session was ended. Names its user.', details: [] },
  'session.revoked_by_token': {
    description:
      'A client revoked a session with one of its tokens. Names the user of the session.',
    details: [],
  },
  'client.refused': {
    description: 'A service that asked about a token did not show that it may.',
    details: ['reason'],
  },
  'session.others_revoked': {
    description: 'Every session of a user but one was ended.',
    details: ['count'],
  },
  'totp.enabled': {
    description: 'A second factor was turned on; the other sessions of its user ended.',
    details: ['count'],
  },
  'totp.confirm_failed': {
    description: 'A first code of an authenticator app was refused.',
    details: ['reason'],
  },
  'totp.disabled': {
    description: 'A user turned their second factor off; their other sessions ended.',
    details: ['count'],
  },
  'totp.reset': {
    description: 'An administrator took a second factor away; the sessions of its user ended.',
    details: ['count'],
  },
  'totp.recovery_code_used': {
    description: 'A recovery code stood in for a second factor. Says how many are left.',
    details: ['count'],
  },
  'totp.recovery_codes_regenerated': {
    description: 'A user replaced their recovery codes.',
    details: [],
  },
  'password.changed': {
    description: 'A user changed their password; their other sessions ended.',
    details: ['count'],
  },
  'password.change_failed': {
    description: 'A change of password was refused.',
    details: ['reason'],
  },
  'password.reset': {
    description: 'A password was replaced by an administrator or by a link; sessions ended.',
    details: ['count'],
  },
  'password.reset_requested': {
    description: 'A password reset link was mailed to the user of an address.',
    details: [],
  },
  'api_key.created': {
    description: 'A user created an API key. Names the key and its owner.',
    details: ['userId'],
  },
  'api_key.rotated': {
    description: 'Another API key took the place of one, which goes on for a while.',
    details: ['userId', 'formerKeyId'],
  },
  'api_key.revoked': { description: 'An API key was ended.', details: ['userId'] },
  'email.code_requested': {
    description: 'A user requested an e-mail verification code.',
    details: [],
  },
  'email.verified': { description: 'A user verified their e-mail address.', details: [] },
  'email.released': {
    description:
      'An account lost an address that it never proved, because another account proved it.',
    details: [],
  },
  'email.verify_failed': {
    description: 'A code from a mail was refused. Has a target only where it was of an account.',
    details: ['reason'],
  },
  'email.change_requested': {
    description:
      'A user requested a change of their e-mail address; a code was mailed to the new address.',
    details: [],
  },
  'email.changed': {
    description: 'A user changed their e-mail address and verified the new one.',
    details: [],
  },
  'user_token.created': {
    description: 'A user created a referral token, with which other people sign up.',
    details: [],
  },
  'access.denied': {
    description:
      'An operation was refused for lack of a permission. Recorded once a minute for each operation.',
    details: ['operation', 'permission'],
  },
  'audit.pruned': {
    description: 'Events older than they are kept were removed. Says how many.',
    details: ['count'],
  },
  'keys.rotated': { description: 'Another key signs tokens from now on.', details: [] },
  'keys.reencrypted': {
    description: 'Stored secrets were encrypted anew under the first SECRET_KEY.',
    details: ['count'],
  },
  'user.created': { description: 'An account was created for a user.', details: ['role'] },
  'user.imported': {
    description: 'Accounts were taken over from another system.',
    details: ['count'],
  },
  'user.updated': { description: 'An account was changed.', details: ['fields'] },
  'user.access_ended': {
    description:
      'What gave access to an account before its address was proven or its password reset was ended. Says what, and how many.',
    details: ['fields'],
  },
  'user.disabled': { description: 'An account was disabled; its sessions ended.', details: [] },
  'user.enabled': { description: 'An account was enabled again.', details: [] },
  'user.role_changed': { description: 'A system role was given or taken.', details: ['role'] },
  'user.deleted': { description: 'An account was deleted.', details: [] },
  'tenant.updated': { description: 'A tenant was changed.', details: ['fields'] },
  'tenant.member_invited': {
    description: 'A person was invited to a tenant by e-mail.',
    details: ['role'],
  },
  'tenant.invitation_revoked': {
    description: 'An invitation to a tenant was taken back.',
    details: ['role'],
  },
  'tenant.member_joined': {
    description: 'A user accepted an invitation to a tenant.',
    details: ['tenantId', 'role'],
  },
  'tenant.member_role_changed': {
    description: 'A member of a tenant got another role in it.',
    details: ['tenantId', 'role'],
  },
  'tenant.member_removed': {
    description: 'A user was removed from a tenant.',
    details: ['tenantId'],
  },
  'tenant.member_left': { description: 'A user left a tenant.', details: ['tenantId'] },
  'tenant.deleted': {
    description: 'A tenant went with its last member, and its projects with it.',
    details: [],
  },
  'tenant.owner_succeeded': {
    description: 'A user became the owner of a tenant whose only owner was deleted.',
    details: ['tenantId', 'role'],
  },
  'tenant.projects_passed': {
    description: 'A user received the projects of a member who left the tenant.',
    details: ['tenantId', 'count'],
  },
  'project.created': {
    description: 'A project was made; the user is its owner.',
    details: ['tenantId', 'userId'],
  },
  'project.updated': { description: 'A project was changed.', details: ['fields'] },
  'project.deleted': { description: 'A project was deleted.', details: ['tenantId'] },
  'project.transferred': {
    description: 'A project got another owner; the former one is an editor now.',
    details: ['userId', 'formerOwnerId'],
  },
  'project.member_added': {
    description: 'A user became a member of a project.',
    details: ['userId', 'role'],
  },
  'project.member_updated': {
    description: 'A member of a project got another role.',
    details: ['userId', 'role'],
  },
  'project.member_removed': {
    description: 'A user left a project or was removed from it.',
    details: ['userId'],
  },
} as const satisfies Record<string, ActionSpec>;

export type AuditAction = keyof typeof AUDIT_ACTIONS;

/** The details that an action may carry. */
export type DetailsOf<A extends AuditAction> = Partial<
  Pick<Details, (typeof AUDIT_ACTIONS)[A]['details'][number]>
>;
