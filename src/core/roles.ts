/** Rights over the whole installation. */
export const SYSTEM_ROLES = ['ADMIN', 'USER'] as const;
export type SystemRole = (typeof SYSTEM_ROLES)[number];

/** Rights over a tenant, the highest first. */
export const TENANT_ROLES = ['OWNER', 'ADMIN', 'MEMBER'] as const;
export type TenantRole = (typeof TENANT_ROLES)[number];

/** Rights inside a project, the highest first. */
export const PROJECT_ROLES = ['OWNER', 'EDITOR', 'VIEWER'] as const;
export type ProjectRole = (typeof PROJECT_ROLES)[number];

/** Whether the first of two roles in a tenant stands above the second. */
export function outranks(role: TenantRole, other: TenantRole): boolean {
  return TENANT_ROLES.indexOf(role) < TENANT_ROLES.indexOf(other);
}
