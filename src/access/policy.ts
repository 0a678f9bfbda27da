import type { SystemRole } from './roles.ts';

/**
 * Who may do what, as data: every door, `me.permissions` and the tests read this one table.
 * A permission that is not in a role's row is denied.
 */
export const POLICY = {
  system: {
    ADMIN: ['users:read', 'sessions:manage'],
    USER: [],
  },
} as const satisfies { readonly system: Record<SystemRole, readonly string[]> };

export type Permission = (typeof POLICY)['system'][SystemRole][number];

/** Whether a system role carries a permission. */
export function roleGrants(role: SystemRole, permission: Permission): boolean {
  return (POLICY.system[role] as readonly Permission[]).includes(permission);
}
