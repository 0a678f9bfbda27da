import { z } from 'zod';
import { enumInput } from '../../core/inputs.ts';
import { TENANT_ROLES } from '../../core/roles.ts';
import { isIdShaped } from '../../core/id-shape.ts';
import { isVisible, UNSEEN } from '../../core/text.ts';

export const tenantNameInput = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'must have at most 200 characters')
  .refine(isVisible, UNSEEN)
  .refine((name) => !isIdShaped(name), 'must not look like an id')
  .describe('The name that people see: 1 to 200 characters.');

export const tenantRoleInput = enumInput('TenantRole', TENANT_ROLES);
