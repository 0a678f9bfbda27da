import type { Given } from '../../src/access/giving.ts';
import type { ProjectRole, SystemRole, TenantRole } from '../../src/core/roles.ts';

/** A role that a test gives without asking anybody. */
export function given<R extends SystemRole | TenantRole | ProjectRole>(role: R): Given<R> {
  return role as Given<R>;
}
