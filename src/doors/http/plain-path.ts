/** A segment of dots, a backslash, or a letter, digit, dot, hyphen, underscore or tilde that is encoded. */
const NOT_PLAIN =
  /^[^/]|\/\.{1,2}(?:\/|$)|\\|%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/i;

/**
 * Whether a path is written in the one way in which it has no other (RFC 3986 section 6.2.2). A proxy that
 * lets some paths through compares texts, and must not be got round by another spelling of one.
 */
export function isPlainPath(path: string): boolean {
  return !NOT_PLAIN.test(path);
}
