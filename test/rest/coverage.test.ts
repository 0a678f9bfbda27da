import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { DIALECTS } from '../../src/doors/rest/mounts.ts';

/** Every endpoint of the five documents, as they write it. */
const DOCUMENTED: Readonly<Record<string, string>> = {
  qdash: `
    POST /auth/login
    POST /auth/logout
    GET /auth/me
    POST /auth/register
    POST /auth/change-password
    POST /auth/reset-password`,
  lncrawl: `
    POST /api/auth/login
    POST /api/auth/signup
    GET /api/auth/me
    PUT /api/auth/me/name
    PUT /api/auth/me/password
    POST /api/auth/send-password-reset-link
    POST /api/auth/reset-password-with-token
    POST /api/auth/me/send-otp
    POST /api/auth/verify-otp
    POST /api/auth/me/create-token
    GET /api/auth/verify-token
    POST /api/auth/me/tokens`,
  dumb: `
    GET /api/auth/status
    POST /api/auth/login
    POST /api/auth/refresh
    POST /api/auth/verify
    POST /api/auth/setup
    POST /api/auth/skip-setup
    POST /api/auth/enable
    POST /api/auth/disable
    GET /api/auth/users
    POST /api/auth/users
    PUT /api/auth/users/{username}
    DELETE /api/auth/users/{username}`,
  'quazzar-os': `
    POST /api/auth/setup
    POST /api/auth/login
    POST /api/auth/totp/verify
    POST /api/auth/refresh
    GET /api/auth/me
    POST /api/auth/change-password
    POST /api/auth/totp/enable
    GET /api/auth/sessions
    DELETE /api/auth/sessions/{id}
    POST /api/keys
    GET /api/keys
    DELETE /api/keys/{id}`,
  'quazzar-panel': `
    POST /api/auth/register
    POST /api/auth/login
    POST /api/auth/refresh
    GET /api/auth/me
    PUT /api/auth/profile
    POST /api/auth/change-password
    POST /api/auth/totp/enable
    POST /api/auth/totp/verify`,
  dukatia: `
    POST /api/v1/login
    POST /api/v1/logout
    POST /api/v1/users/me
    POST /api/v1/users/all
    POST /api/v1/users
    PUT /api/v1/users/me/secret
    GET /api/v1/users/me/dasboards`,
};

const documented = Object.entries(DOCUMENTED).flatMap(([name, list]) =>
  list
    .trim()
    .split(/\n\s*/)
    .map((endpoint) => [name, endpoint.replace(/\{(\w+)\}/g, ':$1')] as const),
);

/** The files that are about several dialects. */
const TESTED_TOGETHER = ['protections.test.ts', 'totp.test.ts'];
/** What stands before the paths of a dialect, which most tests write once. */
const PREFIX = /^\/(?:api\/)?(?:auth|v1)(?=\/)/;

/** Whether a text has a path, with anything in the place of its parameters. */
function isNamed(text: string, path: string): boolean {
  const parts = path.replace(PREFIX, '').split(/:\w+/);
  return new RegExp(`${parts.join('[^/\'"\\s]+')}(?:['"\`?$]|$)`, 'm').test(text);
}

describe('the rows of the dialects', () => {
  const rowsOf = (name: string) =>
    DIALECTS.find((dialect) => dialect.name === name)!.rows.map(
      ({ method, path }) => `${method} ${path}`,
    );

  it.each(documented)('of %s have %s', (name, endpoint) => {
    expect(rowsOf(name)).toContain(endpoint);
  });

  // A path with one owner is that owner's at the root of them all; what has several answers there too.
  it.each(documented.filter(([name]) => !['qdash', 'dukatia'].includes(name)))(
    'of union have what %s has at %s',
    (_name, endpoint) => {
      expect(rowsOf('union')).toContain(endpoint);
    },
  );

  it.each(DIALECTS)('of $name are called by its tests, each', async ({ name, rows }) => {
    const directory = new URL('.', import.meta.url);
    const files = await readdir(directory);
    const own = files.filter((file) => file.startsWith(name) || TESTED_TOGETHER.includes(file));
    const texts = await Promise.all(own.map((file) => readFile(new URL(file, directory), 'utf8')));
    const text = texts.join('\n');
    const missing = rows.filter(({ path }) => !isNamed(text, path));
    expect(missing.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });
});
