import fc from 'fast-check';

/** What stands in a request for a secret of one of the people; it is filled in when it is sent. */
export const HOLES = {
  password: '<<password>>',
  access: '<<access>>',
  refresh: '<<refresh>>',
  cookie: '<<cookie>>',
  key: '<<key>>',
} as const;
/** The same for what is no secret. */
export const NAMES = { username: '<<username>>', other: '<<other>>', id: '<<id>>' } as const;

const NASTY = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'a\udfffb',
  '\ud83d\ude00',
  '\u202e\u200d\ufeff',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  "' OR 1=1 --",
  '%00%ff%',
  '\r\nset-cookie: a=b',
  '<script>alert(1)</script>',
  '${7*7}{{7*7}}',
  '2026-01-31',
  '-1',
  '1e999',
  'NaN',
  'x'.repeat(70),
  '\ufdfa'.repeat(300),
  'x'.repeat(20_000),
];
export const nastyText = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);
export const junk = fc.oneof(
  nastyText,
  fc.jsonValue({ maxDepth: 3, noUnicodeString: false }),
  fc.constantFrom(null, -0, 1e21, 2 ** 53, {}, [], [[[]]], { password: HOLES.password }),
);
