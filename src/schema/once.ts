/** The extension of a root field of which a request takes one: its operation's attempts are counted. */
export const ONCE = 'once';
