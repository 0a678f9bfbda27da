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
    description: 'Authentication was turned off: whoever calls may do anything.',
    details: [],
  },
  'auth.registered': {
    description: 'Somebody made an account of their own. Names who referred them, if anybody did.',
    details: ['userId'],
  },
  'auth.login': { description: 'Somebody signed in.', details: ['amr'] },
  'auth.login_failed': {
    description: 'A sign-in was refused. Has a target only where the account exists.',
    details: ['reason'],
  },
  'auth.reauthenticated': {
    description:
      'Somebody who was signed in showed again who they are; their session was replaced.',
    details: ['amr'],
  },
  'auth.reauthentication_failed': {
    description: 'Somebody who was signed in failed to show who they are.',
    details: ['reason'],
  },
  'auth.logout': { description: 'Somebody signed out.', details: [] },
  'session.refresh_reused': {
    description: 'A refresh token came back after it was used up; its session was ended.',
    details: [],
  },
  'session.revoked': { description: 'One session was ended. Names its user.', details: [] },
  'session.revoked_by_token': {
    description: 'Somebody who held a token of a session ended it with that. Names its user.',
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
    description: 'Somebody turned their second factor off; their other sessions ended.',
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
    description: 'Somebody replaced their recovery codes.',
    details: [],
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
    description: 'A password was replaced by an administrator or by a link; sessions ended.',
    details: ['count'],
  },
  'password.reset_requested': {
    description: 'Somebody had a link to choose another password mailed to its user.',
    details: [],
  },
  'api_key.created': {
    description: 'Somebody made an API key. Names it; says whose it is.',
    details: ['userId'],
  },
  'api_key.rotated': {
    description: 'Another API key took the place of one, which goes on for a while.',
    details: ['userId', 'formerKeyId'],
  },
  'api_key.revoked': { description: 'An API key was ended.', details: ['userId'] },
  'email.code_requested': {
    description: 'Somebody had a code mailed to their address, to prove that it is theirs.',
    details: [],
  },
  'email.verified': { description: 'Somebody proved that their address is theirs.', details: [] },
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
    description: 'Somebody asked for another address and had a code mailed to it.',
    details: [],
  },
  'email.changed': {
    description: 'Somebody has another address, and proved that it is theirs.',
    details: [],
  },
  'user_token.created': {
    description: 'Somebody made a token with which others sign up, referred by them.',
    details: [],
  },
  'access.denied': {
    description: 'Somebody was refused for want of a right; once a minute for each operation.',
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
  'user.created': { description: 'An account was made for somebody.', details: ['role'] },
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
    description: 'Somebody was invited to a tenant by e-mail.',
    details: ['role'],
  },
  'tenant.invitation_revoked': {
    description: 'An invitation to a tenant was taken back.',
    details: ['role'],
  },
  'tenant.member_joined': {
    description: 'Somebody accepted an invitation to a tenant.',
    details: ['tenantId', 'role'],
  },
  'tenant.member_role_changed': {
    description: 'A member of a tenant got another role in it.',
    details: ['tenantId', 'role'],
  },
  'tenant.member_removed': {
    description: 'Somebody was taken out of a tenant.',
    details: ['tenantId'],
  },
  'tenant.member_left': { description: 'Somebody left a tenant.', details: ['tenantId'] },
  'tenant.deleted': {
    description: 'A tenant went with its last member, and its projects with it.',
    details: [],
  },
  'tenant.owner_succeeded': {
    description: 'Somebody became the owner of a tenant whose only owner was deleted.',
    details: ['tenantId', 'role'],
  },
  'tenant.projects_passed': {
    description: 'Somebody got the projects of one who left the tenant.',
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
    description: 'Somebody became a member of a project.',
    details: ['userId', 'role'],
  },
  'project.member_updated': {
    description: 'A member of a project got another role.',
    details: ['userId', 'role'],
  },
  'project.member_removed': {
    description: 'Somebody left a project or was removed from it.',
    details: ['userId'],
  },
} as const satisfies Record<string, ActionSpec>;

export type AuditAction = keyof typeof AUDIT_ACTIONS;

/** The details that an action may carry. */
export type DetailsOf<A extends AuditAction> = Partial<
  Pick<Details, (typeof AUDIT_ACTIONS)[A]['details'][number]>
>;
