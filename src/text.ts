// A lone half of a surrogate pair has no UTF-8, and PostgreSQL stores no NUL.
const UNSTORABLE = /\p{Cs}|\0/gu;

/** At most `max` code units of a text, every one of which any database gives back as it was. */
export function cleanText(text: string, max: number): string {
  return text.slice(0, max).replace(UNSTORABLE, '\ufffd');
}

/**
 * A text to look for. What no database stores becomes a control character, which it does and which is in
 * no name: such a text is found nowhere.
 */
export function soughtText(text: string): string {
  return text.replace(UNSTORABLE, '\u0001');
}
