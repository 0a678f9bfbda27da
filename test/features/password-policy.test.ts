import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMON_PASSWORDS_FILE } from '../../src/adapters/common-passwords.ts';
import { type PasswordPolicy, refusalOf } from '../../src/features/passwords/rules.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { CHANGE_PASSWORD, REGISTER, SETUP } from '../support/documents.ts';
import { PASSWORD, setUpAdmin } from '../support/people.ts';

const POLICY: PasswordPolicy = {
  passwordMinLength: 8,
  passwordMinLengthSingleFactor: 8,
  passwordBlocklist: true,
  publicUrl: 'https://login.acme.example/accounts',
};
const OWNER = {
  username: 'J.Okonkwo',
  email: 'jane.okonkwo@wonderland.example',
  name: 'Jané Adaeze',
  hasSecondFactor: false,
};

const refusal = (password: string, policy: Partial<PasswordPolicy> = {}, owner = {}) =>
  refusalOf({ ...POLICY, ...policy }, password, { ...OWNER, ...owner });

describe('the length of a new password', () => {
  it.each([
    ['seven characters', 'k7#vq2z', 'TOO_SHORT'],
    ['eight', 'k7#vq2zr', undefined],
    ['seven emoji, which are more code units', '🐎🔋📎🐢🎷🍋🚲', 'TOO_SHORT'],
    ['eight emoji', '🐎🔋📎🐢🎷🍋🚲🪁', undefined],
    ['eight letters typed with their accents apart', 'e\u0301u\u0308o\u0308a\u0308q7#v', undefined],
    [
      'seven letters typed with their accents apart',
      'e\u0301u\u0308o\u0308a\u0308q7#',
      'TOO_SHORT',
    ],
    ['one ligature that NFKC writes in eighteen', '\ufdfa', undefined],
    ['256 characters', 'pq7 '.repeat(64), undefined],
    ['257 characters', `${'pq7 '.repeat(64)}!`, 'TOO_LONG'],
  ])('is counted in code points after NFKC: %s', (_what, password, expected) => {
    expect(refusal(password)).toBe(expected);
  });

  it('is fifteen where the password is the only factor and the setting says so', () => {
    const policy = { passwordMinLengthSingleFactor: 15 };
    expect(refusal('k7#vq2zrk7#vq2', policy)).toBe('TOO_SHORT');
    expect(refusal('k7#vq2zrk7#vq2z', policy)).toBeUndefined();
    expect(refusal('k7#vq2zr', policy, { hasSecondFactor: true })).toBeUndefined();
    expect(refusal('k7#vq2z', policy, { hasSecondFactor: true })).toBe('TOO_SHORT');
  });
});

describe('the characters of a new password', () => {
  it.each([
    ['small letters alone', 'mqzrtwvxkp'],
    ['digits alone', '8402759361'],
    ['spaces', 'seven grey herons sleep'],
    ['Chinese', '紫色河馬在屋頂上跳舞'],
    ['a NUL', 'k7#v\0q2zr'],
  ])('may be any: %s (ASVS 6.2.5)', (_what, password) => {
    expect(refusal(password)).toBeUndefined();
  });
});

describe('the list of common and breached passwords', () => {
  const list = readFileSync(COMMON_PASSWORDS_FILE, 'utf8').trimEnd().split('\n');

  it('holds far more than the 3000 of the policy’s length that ASVS 6.2.4 asks for', () => {
    expect(list.filter((password) => password.length >= 8).length).toBeGreaterThan(15_000);
  });

  it('is refused from end to end', () => {
    const accepted = list.filter(
      (password) => refusal(password, {}, { username: 'x', email: '', name: '' }) === undefined,
    );
    expect(accepted).toEqual([]);
  });

  it.each([
    ['as it stands', 'qwertyuiop'],
    ['in other letter case', 'QwertyUIOP'],
    ['in full-width letters', 'ｑｗｅｒｔｙｕｉｏｐ'],
    ['with a year behind it', 'Dragon2024'],
    ['with digits and a sign around it', '#1monkey99'],
    ['written twice', 'letmeinletmein'],
    ['one character over and over', 'zzzzzzzzzzzz'],
    ['two characters over and over', '!k!k!k!k!k!k'],
  ])('refuses one %s', (_what, password) => {
    expect(refusal(password)).toBe('COMMON');
  });

  it.each([
    ['more than four characters beside it', 'dragon85203'],
    ['other words beside it', 'dragon kettle moss'],
  ])('lets one through with %s', (_what, password) => {
    expect(refusal(password)).toBeUndefined();
  });

  it('is not asked when the setting is off', () => {
    expect(refusal('password123', { passwordBlocklist: false })).toBeUndefined();
    expect(refusal('vestibule', { passwordBlocklist: false })).toBeUndefined();
  });
});

describe('names in a new password', () => {
  it.each([
    ['the username', 'j.okonkwo'],
    ['a part of it, with little else', 'OKONKWO-2024!'],
    ['a part of the e-mail address', 'wonderland-k7'],
    ['the e-mail address', 'jane.okonkwo@wonderland'],
    ['the display name, decomposed', 'Jane\u0301 Adaeze 1'],
    ['several of them', 'jane-okonkwo-adaeze'],
    ['the product', 'vestibule2024'],
    ['the host of the service', 'acme-login-1'],
  ])('are refused where fewer than eight characters are left: %s', (_what, password) => {
    expect(refusal(password)).toBe('CONTEXT_WORD');
  });

  it.each([
    ['eight characters beside the name', 'okonkwo k7#vq2z'],
    ['no name', 'k7#vq2zr'],
    ['a top-level domain alone', 'example-k7'],
  ])('do no harm with %s', (_what, password) => {
    expect(refusal(password)).toBeUndefined();
  });

  it('are not looked for where they are of one or two letters', () => {
    const owner = { username: 'al', email: 'al@x.example', name: 'Al' };
    expect(refusal('alpaca alibi', {}, owner)).toBeUndefined();
  });
});

describe('every operation that sets a password', () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp();
    const setup = { username: 'admin', password: 'password123' };
    const refused = expectType(
      (await app.graphql(SETUP, { input: setup })).data.setup,
      'PasswordRefusedError',
    );
    expect(refused.reason).toBe('COMMON');
    token = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  it.each([
    ['short', 'TOO_SHORT', 'at least 8'],
    ['pq7 '.repeat(65), 'TOO_LONG', 'at most 256'],
    ['qwertyuiop', 'COMMON', 'common'],
    ['vestibule!', 'CONTEXT_WORD', 'name'],
  ])('refuses %j with the reason %s', async (password, reason, words) => {
    const change = { currentPassword: PASSWORD, newPassword: password };
    const changed = await app.graphql(CHANGE_PASSWORD, { input: change }, token);
    const registered = await app.graphql(REGISTER, { input: { username: 'ann', password } });
    for (const result of [changed.data.changePassword, registered.data.register]) {
      const refused = expectType(result, 'PasswordRefusedError');
      expect(refused).toMatchObject({ code: 'PASSWORD_REFUSED', reason });
      expect(refused.message).toContain(words);
    }
  });

  it('says so in the words of a REST dialect too', async () => {
    const body = { current_password: PASSWORD, new_password: 'qwertyuiop' };
    const answer = await app.rest('POST', '/api/auth/change-password', { body, token });
    expect([answer.status, answer.body]).toEqual([
      422,
      { error: 'The password is a common one, or too close to one, and easily guessed.' },
    ]);
  });
});
