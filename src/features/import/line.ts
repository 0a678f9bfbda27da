import { z } from 'zod';
import { readPasswordHash } from '../../adapters/password-hashes/read.ts';
import { displayNameInput, emailInput, usernameInput } from '../users/rules.ts';

/** A user of another system, read from one line. */
export type ImportedUser = z.output<typeof lineSchema>;

/** What is wrong with a line: the first rule that it breaks. */
export interface LineFault {
  /** Empty where it is the line as a whole. */
  readonly field: string;
  readonly rule: string;
}

const passwordHashInput = z.string().superRefine((text, ctx) => {
  const read = readPasswordHash(text);
  if (read?.isAffordable()) return;
  const message = read
    ? `asks for work outside the limits of ${read.format.name}: ${read.format.limits}`
    : 'is in no known format';
  ctx.addIssue({ code: 'custom', message });
});

// Strict: a misspelt name would lose a password without a word.
const lineSchema = z
  .strictObject(
    {
      username: usernameInput.nullish(),
      email: emailInput.nullish(),
      name: displayNameInput.nullish(),
      passwordHash: passwordHashInput.nullish(),
      emailVerified: z.boolean('must be true or false').nullish(),
      disabled: z.boolean('must be true or false').nullish(),
    },
    { error: ({ code }) => (code === 'invalid_type' ? 'is not an object' : undefined) },
  )
  .refine(({ username, email }) => username != null || email != null, {
    message: 'or an e-mail address is needed',
    path: ['username'],
  })
  .refine(({ email, emailVerified }) => !emailVerified || email != null, {
    message: 'needs an e-mail address',
    path: ['emailVerified'],
  });

/** Reads a line's value as a user, or says what is wrong with it. Repeats nothing of what it holds. */
export function readLine(value: unknown): ImportedUser | LineFault {
  const result = lineSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    return { field: issue.keys[0] ?? '', rule: 'is no field of a user' };
  }
  return { field: issue?.path.join('.') ?? '', rule: issue?.message ?? 'is not a user' };
}
