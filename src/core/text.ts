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

// Characters that are blank in every font and have no property that says so: braille, two hieroglyphs, the filler of
// Khitan and the null notehead.
const BLANKS = String.raw`\u2800\u{13441}\u{13442}\u{16fe4}\u{1d159}`;
/** What shows nothing by itself, and could make two texts of one look. */
const HIDDEN = new RegExp(String.raw`[\p{Default_Ignorable_Code_Point}${BLANKS}]+`, 'gv');
const HIDDEN_OR_CONTROL = new RegExp(
  String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\p{Default_Ignorable_Code_Point}${BLANKS}]`,
  'v',
);

// The scripts whose letters change their shape beside a joiner (UAX 31, 2.3.1).
const JOINING = [
  ...['Arab', 'Syrc', 'Mong', 'Nkoo', 'Adlm', 'Rohg', 'Mand', 'Mani', 'Phag'],
  ...[
    'Deva',
    'Beng',
    'Guru',
    'Gujr',
    'Orya',
    'Taml',
    'Telu',
    'Knda',
    'Mlym',
    'Sinh',
    'Khmr',
    'Mymr',
  ],
].map((script) => String.raw`\p{Script_Extensions=${script}}`);
const JOINED = String.raw`[[\p{L}\p{M}]&&[${JOINING.join('')}]]`;
/** Marks after which a joiner counts at the end of a word too. */
const VIRAMAS = String.raw`[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2]`;
const PICTURE = String.raw`\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|[\ufe0e\ufe0f])?`;

/** Where characters that show nothing by themselves change how their neighbours look. */
const SHAPING = new RegExp(
  [
    String.raw`\p{RGI_Emoji}`,
    String.raw`${PICTURE}(?:\u200d${PICTURE})*`,
    // Other forms of a Han character, which Japanese names have, and of a Mongolian letter.
    String.raw`(?<=\p{Script=Han})[\ufe00-\ufe02\u{e0100}-\u{e01ef}]`,
    String.raw`(?<=\p{Script=Mongolian})[\u180b-\u180d\u180f]`,
    String.raw`(?<=${JOINED})[\u200c\u200d](?=${JOINED})`,
    String.raw`(?<=${VIRAMAS})\u200d`,
  ].join('|'),
  'gv',
);

/** What is wrong with a name that is not visible. */
export const UNSEEN = 'must not contain invisible characters';

/**
 * Whether all that a name holds can be seen. Default_Ignorable_Code_Point and what is like it may stand only where
 * it shapes what is seen: joiners inside a word of a script that has them, selectors and joiners inside an emoji.
 */
export function isVisible(name: string): boolean {
  return !HIDDEN_OR_CONTROL.test(name.replace(SHAPING, ''));
}

/** A text with one plain space wherever it has any. */
export function oneSpace(text: string): string {
  return text.replace(/\p{Zs}+/gu, ' ');
}

/** A name without all that shows nothing by itself, as names are compared. */
export function withoutHidden(name: string): string {
  return name.replace(HIDDEN, '');
}

/** No name, once it is folded, and no password is longer. */
const LONGEST_NORMALIZED = 20_000;

/**
 * The beginning of a text in a normalization form of Unicode. Ordering a run of combining marks takes time by the
 * square of its length, so this is the one place that normalizes.
 */
export function normalized(text: string, form: 'NFD' | 'NFKC' = 'NFKC'): string {
  return text.slice(0, LONGEST_NORMALIZED).normalize(form);
}
