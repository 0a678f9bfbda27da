import { AppError, ERRORS } from './errors.ts';

/** The answer of a query of one thing: null where there is no such thing for the caller. */
export async function orNull<T>(found: Promise<T>): Promise<T | null> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof AppError && ERRORS[error.code].status === 404) return null;
    throw error;
  }
}
