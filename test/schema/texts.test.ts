import { beforeAll, describe, expect, it } from 'vitest';
import { readLine } from '../../src/features/import/line.ts';
import { foldName } from '../../src/features/users/rules.ts';
import { listOperationTexts, type OperationText } from '../support/operation-texts.ts';

/** What a text is, by the name of its field. One that is new has to be put in its place here. */
const KINDS = {
  /** What people call something: it is shown to others. */
  name: ['name'],
  /** What people sign in with, or how they name an account that there is. */
  username: ['username'],
  lookUp: ['login', 'search'],
  password: ['password', 'newPassword', 'currentPassword'],
  email: ['email'],
  id: [
    ...['id', 'ids', 'userId', 'actorId', 'targetId', 'tenantId', 'projectId', 'ownerId'],
    ...['invitationId', 'clientId', 'userIds', 'tenantIds'],
  ],
  secret: [
    ...['refreshToken', 'token', 'clientSecret', 'invitationToken', 'challengeToken', 'referrer'],
    ...['code', 'otp', 'passwordHash', 'setupToken'],
  ],
  other: ['scopes', 'after', 'before', 'targetType', 'description'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
type Kind = keyof typeof KINDS;

/** Operations whose `username` or `password` is compared with what there is. */
const CHECKS = [
  ...[
    'login',
    'loginWithCookie',
    'login.whileOn',
    'reauthenticate',
    'changePassword.currentPassword',
  ],
  ...['addProjectMember', 'updateProjectMember', 'removeProjectMember', 'transferProject'],
];
const isCheck = ({ name }: OperationText) =>
  CHECKS.some((known) => name === known || name.replace(/\.\w+$/, '') === known);
/** Each user is judged by itself. */
const isJudgedLater = ({ name }: OperationText) => name.startsWith('importUsers.');

/** What shows nothing, one of each kind: letters that fill, marks, spaces, joiners, tags, controls. */
const UNSEEN = [
  ...['\u3164', '\uffa0', '\u115f', '\u1160', '\u2800', '\u034f', '\ufe0f', '\ufe00', '\u{e0100}'],
  ...['\u200b', '\u200c', '\u200d', '\u200e', '\u202e', '\u2060', '\u2066', '\u00ad', '\u061c'],
  ...['\u180b', '\u180e', '\u17b4', '\u{e0061}', '\u{1d159}', '\u{1d173}', '\u{13441}', '\ufff9'],
  ...['\u0000', '\u0007', '\u0085', '\u2028', '\u2029', '\ufffe', '\ud800'],
];
const TWINS = UNSEEN.flatMap((unseen) => [`an${unseen}n`, `a${unseen}`]);

/** Names that people have. */
const REAL = [
  'Zo\u00eb',
  'Zoe\u0308',
  'می\u200cخواهم',
  'क्\u200dष',
  'ന\u0d4d\u200d',
  'හ\u0dca\u200dය',
  '\u{1f469}\u200d\u{1f4bb}',
  '\u{1f3f3}\ufe0f\u200d\u{1f308}',
  '\u2764\ufe0f',
  '1\ufe0f\u20e3',
  '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  '辻\u{e0100}',
  'Nguyễn Văn A',
  'Ludwig van Beethoven',
];

describe('a text that an operation takes', () => {
  let texts: readonly OperationText[];
  beforeAll(async () => {
    texts = await listOperationTexts();
  });
  const of = (kind: Kind) =>
    texts.filter(({ field }) => (KINDS[kind] as readonly string[]).includes(field));
  const accepts = ({ schema }: OperationText, text: string) => schema.safeParse(text).success;

  it('is of a kind that is known', () => {
    const known: readonly string[] = Object.values(KINDS).flat();
    expect(texts.filter(({ field }) => !known.includes(field))).toEqual([]);
    expect(texts.length).toBeGreaterThan(150);
  });

  it('holds nothing that cannot be seen if it is a name', () => {
    const names = [...of('name'), ...of('username')].filter(
      (text) => !isCheck(text) && !isJudgedLater(text),
    );
    expect(names.length).toBeGreaterThan(20);
    const taken = names.flatMap((name) =>
      TWINS.filter((twin) => name.schema.safeParse(twin).data === twin).map((twin) => [
        name.name,
        twin,
      ]),
    );
    expect(taken).toEqual([]);
  });

  it('takes the names that people have', () => {
    const names = [...of('name'), ...of('username')];
    const refused = names.flatMap((name) =>
      REAL.filter((real) => !accepts(name, real)).map((real) => [name.name, real]),
    );
    expect(refused).toEqual([]);
  });

  it('is a name by the same rules in a line of an import', () => {
    for (const field of ['username', 'name'] as const) {
      const line = (text: string) => readLine({ email: 'a@example.com', [field]: text });
      const keeps = (twin: string) => ({ username: '', name: '', ...line(twin) })[field] === twin;
      expect(TWINS.filter(keeps)).toEqual([]);
      expect(REAL.filter((real) => 'rule' in line(real))).toEqual([]);
    }
  });

  it('is a username that sign-in finds, however its joiners are typed', () => {
    for (const real of REAL) {
      expect(foldName(real)).toBe(foldName(real.replace(/[\u200c\u200d\ufe0f]/gu, '')));
    }
  });

  it('is a password of any length where it is checked, and bounded where it is new', () => {
    const long = 'x'.repeat(100_000);
    for (const password of of('password')) {
      expect([password.name, accepts(password, long)]).toEqual([password.name, isCheck(password)]);
    }
  });
});
