/** Rights over the whole installation. */
export const SYSTEM_ROLES = ['ADMIN', 'USER'] as const;
export type SystemRole = (typeof SYSTEM_ROLES)[number];
