import fc from 'fast-check';
import { expect } from 'vitest';
import { createKey } from './api-keys.ts';
import type { TestApp } from './app.ts';
import { PASSWORD, registerUser, signIn } from './people.ts';

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
/** Texts that somebody may choke on. */
export const nastyText = fc.oneof(
  fc.constantFrom(...NASTY),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);
/** Any JSON where another was meant. */
export const junk = fc.oneof(
  nastyText,
  fc.jsonValue({ maxDepth: 3, noUnicodeString: false }),
  fc.constantFrom(null, -0, 1e21, 2 ** 53, {}, [], [[[]]], { password: HOLES.password }),
);

/** What fills the holes, for one of the people. */
export type Person = Readonly<Record<keyof typeof HOLES | keyof typeof NAMES, string>>;
export type Cast = Readonly<Record<'user' | 'admin', Person>>;

async function addPerson(app: TestApp, username: string, other: string, systemRole?: 'ADMIN') {
  const { user } = await registerUser(app, username);
  if (systemRole) {
    await app.services.db.prisma.user.update({ where: { id: user.id }, data: { systemRole } });
  }
  const { accessToken: access, refreshToken: refresh } = await signIn(app, username);
  const login = await app.rest('POST', '/compat/dukatia/api/v1/login', {
    body: { name: username, secret: PASSWORD },
  });
  const { access_token: cookie } = login.body as { access_token: string };
  const { key } = await createKey(app, access);
  return { username, other, id: user.id, password: PASSWORD, access, refresh, cookie, key };
}

/** Requests sign people out, disable and delete them: after so many others take their places. */
const requestsACast = (requests: number) => Math.max(100, requests / 200);

/** The people to make the next request, of so many. */
export function casting(appOf: () => TestApp, requests: number): () => Promise<Cast> {
  let cast: Cast;
  let asked = 0;
  return async () => {
    if (asked % requestsACast(requests) < 1) {
      const app = appOf();
      await app.rest('POST', '/compat/dumb/api/auth/enable');
      const names = [`user ${asked}`, `admin ${asked}`] as const;
      cast = {
        user: await addPerson(app, names[0], names[1]),
        admin: await addPerson(app, names[1], names[0], 'ADMIN'),
      };
      app.logged.length = 0;
    }
    asked += 1;
    return cast;
  };
}

/** A secret of the people is for nobody to be told. */
export function expectNoSecret(people: Cast, text: string): void {
  for (const { password, access, refresh, cookie, key } of Object.values(people)) {
    for (const secret of [password, access, refresh, cookie, key]) {
      expect(text).not.toContain(secret);
    }
  }
}
