import type { Config } from '../config/config.ts';
import type { ProjectRole, SystemRole, TenantRole } from '../core/roles.ts';

/** What whoever looks after a tenant may do in it. */
const TENANT_MANAGEMENT = [
  'tenant:read',
  'users:read',
  'users:create',
  'users:update',
  'users:delete',
  'members:read',
  'members:invite',
  'members:update',
  'members:remove',
  'projects:list',
  'projects:create',
  'projects:transfer',
] as const;

/**
 * Who may do what, as data: scope-auth, every door, `me.permissions`, the documents and the tests read
 * this one table. A role's row says what it may do as far as the role reaches: a system role everywhere,
 * a tenant role in its tenant, a project role in its project. What is in no row is denied.
 */
export const POLICY = {
  system: {
    // Nothing of `project:`: what is inside a project needs a membership, of administrators too.
    ADMIN: [
      ...TENANT_MANAGEMENT,
      'tenant:update',
      'users:assign-role',
      'users:reset-password',
      'users:reset-totp',
      'users:import',
      'sessions:manage',
      'api-keys:manage',
      'auth:manage',
      'audit:read',
    ],
    USER: [],
  },
  tenant: {
    OWNER: [...TENANT_MANAGEMENT, 'tenant:update'],
    ADMIN: TENANT_MANAGEMENT,
    MEMBER: ['tenant:read'],
  },
  project: {
    OWNER: ['project:read', 'project:write', 'project:admin'],
    EDITOR: ['project:read', 'project:write'],
    VIEWER: ['project:read'],
  },
} as const satisfies {
  readonly system: Record<SystemRole, readonly string[]>;
  readonly tenant: Record<TenantRole, readonly string[]>;
  readonly project: Record<ProjectRole, readonly string[]>;
};

type PermissionOf<Axis extends keyof typeof POLICY> = {
  [A in Axis]: (typeof POLICY)[A][keyof (typeof POLICY)[A]] extends readonly (infer P)[]
    ? P
    : never;
}[Axis];

/** What can be asked for in the whole installation. */
export type SystemPermission = PermissionOf<'system'>;
/** What can be asked for in one tenant: a role in it grants it, or a system role. */
export type TenantPermission = PermissionOf<'tenant'>;
/** What can be asked for in one project: a role in it grants it, or one over its tenant. */
export type ProjectPermission = PermissionOf<'project'> | 'projects:transfer';
export type Permission = SystemPermission | TenantPermission | ProjectPermission;

/** What can be asked for on each axis, in the order of the table. */
export const PERMISSIONS = {
  system: rowsOf<SystemPermission>(POLICY.system),
  tenant: rowsOf<TenantPermission>(POLICY.tenant),
  project: [...rowsOf<ProjectPermission>(POLICY.project), 'projects:transfer'],
} as const satisfies Record<keyof typeof POLICY, readonly Permission[]>;

/**
 * What no API key carries, whoever made it: with these it would outgrow itself, give roles to others or
 * change how people sign in.
 */
const BY_SESSION_ALONE: ReadonlySet<Permission> = new Set<Permission>([
  'users:assign-role',
  'users:reset-password',
  'users:reset-totp',
  'members:update',
  'projects:transfer',
  'sessions:manage',
  'api-keys:manage',
  'auth:manage',
]);

/** What an API key can be made for. */
export const KEY_PERMISSIONS: readonly Permission[] = [
  ...new Set(Object.values(PERMISSIONS).flat()),
].filter((permission) => !BY_SESSION_ALONE.has(permission));

/**
 * Whether an API key carries a permission, as far as its owner has it.
 * @param scopes what the key was made for; undefined where nothing was named
 */
export function keyCarries(
  scopes: ReadonlySet<string> | undefined,
  permission: Permission,
): boolean {
  return !BY_SESSION_ALONE.has(permission) && (scopes?.has(permission) ?? true);
}

/** Whether a system role carries a permission. */
export function roleGrants(role: SystemRole, permission: SystemPermission): boolean {
  return (POLICY.system[role] as readonly SystemPermission[]).includes(permission);
}

/** The roles that somebody has where a question is asked; those they lack are absent. */
export interface Roles {
  readonly system: SystemRole;
  readonly tenant?: TenantRole | undefined;
  readonly project?: ProjectRole | undefined;
}

/** Everything that a set of roles grants. */
export function grantsOf({ system, tenant, project }: Roles): ReadonlySet<Permission> {
  return new Set<Permission>([
    ...POLICY.system[system],
    ...(tenant === undefined ? [] : POLICY.tenant[tenant]),
    ...(project === undefined ? [] : POLICY.project[project]),
  ]);
}

/** The same in an installation: with SELF_REGISTRATION=admin no role in a tenant makes accounts. */
export function grantsHere(
  { selfRegistration }: Pick<Config, 'selfRegistration'>,
  roles: Roles,
): ReadonlySet<Permission> {
  const granted = grantsOf(roles);
  if (selfRegistration === 'open' || roleGrants(roles.system, 'users:create')) return granted;
  return new Set([...granted].filter((permission) => permission !== 'users:create'));
}

function rowsOf<P extends Permission>(rows: Readonly<Record<string, readonly P[]>>): readonly P[] {
  return [...new Set(Object.values(rows).flat())];
}
