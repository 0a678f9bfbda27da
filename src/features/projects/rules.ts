import { z } from 'zod';
import { isIdShaped } from '../../core/id-shape.ts';
import { idInput } from '../../core/inputs.ts';
import { type ListOrder, textKey, timeKey } from '../../core/page.ts';
import { cleanText, isVisible, UNSEEN } from '../../core/text.ts';
import type { OwnProjectRow, TimeAndId } from './list-store.ts';
import type { PersonInput } from './member-store.ts';
import type { ProjectMemberRow, ProjectRow } from './store.ts';

export const projectNameInput = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'must have at most 200 characters')
  .refine(isVisible, UNSEEN)
  .refine((name) => !isIdShaped(name), 'must not look like an id')
  .describe('What people call it: 1 to 200 characters; others may be called the same.');

export const descriptionInput = z
  .string()
  .max(2000, 'must have at most 2000 characters')
  .regex(/^[\P{Cc}\n\r\t]*$/u, 'must not contain control characters')
  .describe('What it is for: at most 2000 characters.');

/** The fields by which an input names a person; refine with `namesOne`. */
export const person = {
  userId: idInput.nullish().describe('Who, by id; this or `username`.'),
  username: z
    .string()
    .max(254)
    .overwrite((text) => cleanText(text, 254))
    .nullish()
    .describe('Who, by username, or by e-mail address where they have no username.'),
};

/** Whether an input names a person, and only once. */
export function namesOne({ userId, username }: PersonInput): boolean {
  return (userId == null) !== (username == null);
}

export const ONE_PERSON = {
  message: 'name the person by `userId` or by `username`',
  path: ['userId'],
};

const timeAndId = z.tuple([timeKey, textKey]);

export const OWN_PROJECTS: ListOrder<OwnProjectRow, TimeAndId> = {
  name: 'own projects',
  key: timeAndId,
  keyOf: ({ joinedAt, id }) => [joinedAt.getTime(), id],
};

export const TENANT_PROJECTS: ListOrder<ProjectRow, TimeAndId> = {
  name: 'projects of a tenant',
  key: timeAndId,
  keyOf: ({ createdAt, id }) => [createdAt.getTime(), id],
};

export const MEMBERS: ListOrder<ProjectMemberRow, TimeAndId> = {
  name: 'members of a project',
  key: timeAndId,
  keyOf: ({ joinedAt, userId }) => [joinedAt.getTime(), userId],
};
