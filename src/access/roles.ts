/** Rights over the whole installation. */
export const SYSTEM_ROLES = ['ADMIN', 'USER'] as const;
export type SystemRole = (typeof SYSTEM_ROLES)[number];

/** Rights inside one tenant. */
export const TENANT_ROLES = ['OWNER', 'ADMIN', 'MEMBER'] as const;
export type TenantRole = (typeof TENANT_ROLES)[number];

/** Rights inside one project. */
export const PROJECT_ROLES = ['OWNER', 'EDITOR', 'VIEWER'] as const;
export type ProjectRole = (typeof PROJECT_ROLES)[number];
