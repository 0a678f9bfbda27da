import { Prisma, type User } from './generated/sqlite/client.ts';

// Which users have a second factor. No other file reads the columns; the stores of the factors write them.

/** What a user row says of the second factors of its user. */
export type SecondFactorColumns = Pick<User, 'totpEnabledAt'>;

/** The columns to read where `hasSecondFactor` is to be asked. */
export const SECOND_FACTOR_COLUMNS = [
  'totpEnabledAt',
] as const satisfies readonly (keyof SecondFactorColumns)[];

/** Returns whether the user has confirmed an authenticator app. */
export function hasTotp({ totpEnabledAt }: SecondFactorColumns): boolean {
  return totpEnabledAt !== null;
}

/** Returns whether a sign-in of the user takes more than a first factor. */
export function hasSecondFactor(user: SecondFactorColumns): boolean {
  return hasTotp(user);
}

/** The opposite of `hasSecondFactor`, as an SQL condition on "User". */
export const HAS_NO_SECOND_FACTOR = Prisma.sql`"totpEnabledAt" IS NULL`;

/** A condition on a user: their second factors are those of the row, none was added or removed since. */
export function sameSecondFactors({ totpEnabledAt }: SecondFactorColumns): SecondFactorColumns {
  return { totpEnabledAt };
}
