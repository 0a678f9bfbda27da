/** The password of everyone in a database that is measured. */
export const BENCH_PASSWORD = 'a password for the bench';

/** The name of the n-th account, counted from 0, which is the administrator. */
export function userNameOf(n: number): string {
  return `user-${String(n).padStart(7, '0')}`;
}
