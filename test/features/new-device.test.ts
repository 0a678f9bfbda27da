import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { LOGIN } from '../support/documents.ts';
import { mailsTo } from '../support/email.ts';
import {
  createUser,
  markProven,
  PASSWORD,
  registerUser,
  setUpAdmin,
  signIn,
} from '../support/people.ts';
import { listStatements } from '../support/statements.ts';
import { challenge, codeOf, turnOnTotp } from '../support/totp.ts';
import { COMPLETE_LOGIN } from '../support/totp-documents.ts';

const PHONE =
  'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36';
const LAPTOP = 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0';

describe.each(providers)('a sign-in from a new device, on %s', (provider) => {
  let app: TestApp;
  let admin: string;
  let count = 0;
  beforeAll(async () => {
    app = await startApp({ provider, env: { TRUSTED_PROXIES: '127.0.0.1' } });
    admin = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  const newPerson = async () => {
    const username = `device${++count}`;
    const email = `${username}@example.com`;
    await createUser(app, admin, username, { email });
    await markProven(app, email);
    return { username, email };
  };
  const from = (userAgent: string, address: string) => ({
    'user-agent': userAgent,
    'x-forwarded-for': address,
  });
  const login = async (username: string, headers: Record<string, string>, password = PASSWORD) => {
    const variables = { input: { username, password } };
    return app.rest('POST', '/graphql', { body: { query: String(LOGIN), variables }, headers });
  };
  const told = async (email: string) => (await mailsTo(app, email, 'newDevice')).length;

  it('is told by mail, once for a device at an address, and not of the first sign-in ever', async () => {
    const { username, email } = await newPerson();
    const counts = [];
    for (const headers of [
      from(PHONE, '192.0.2.1'),
      from(PHONE, '192.0.2.1'),
      from(LAPTOP, '192.0.2.1'),
      from(LAPTOP, '192.0.2.1'),
      from(PHONE, '192.0.2.2'),
      from(PHONE, '192.0.2.1'),
    ]) {
      await login(username, headers);
      counts.push(await told(email));
      app.clock.step(1);
    }
    expect(counts).toEqual([0, 0, 1, 1, 2, 2]);
    const [mail] = await mailsTo(app, email, 'newDevice');
    expect(mail?.subject).toBe('A sign-in from a new device');
    expect(mail?.text).toContain('  Device: Firefox on Linux\n  Address: 192.0.2.1\n');
  });

  it('is not told of where it was refused', async () => {
    const { username, email } = await newPerson();
    await login(username, from(PHONE, '192.0.2.1'));
    await login(username, from(LAPTOP, '192.0.2.1'), 'wrong');
    await app.services.db.prisma.user.updateMany({ where: { email }, data: { disabled: true } });
    await login(username, from(LAPTOP, '192.0.2.1'));
    expect(await told(email)).toBe(0);
  });

  it('is told of once the second factor was shown', async () => {
    const { username, email } = await newPerson();
    const { accessToken } = await signIn(app, username);
    const { secret } = await turnOnTotp(app, accessToken);
    app.clock.step(30);
    const { challengeToken } = await challenge(app, username);
    expect(await told(email)).toBe(0);
    const variables = { input: { challengeToken, code: codeOf(app, secret) } };
    await app.rest('POST', '/graphql', {
      body: { query: String(COMPLETE_LOGIN), variables },
      headers: from(LAPTOP, '192.0.2.1'),
    });
    expect(await told(email)).toBe(1);
  });

  it('costs a sign-in two statements more in a file, and none on a server', async () => {
    const { username } = await newPerson();
    const nobody = `device${++count}`;
    await registerUser(app, nobody);
    const statementsOf = async (name: string) => {
      await login(name, from(PHONE, '192.0.2.1'));
      return (await listStatements(() => login(name, from(PHONE, '192.0.2.1')))).length;
    };
    const more = (await statementsOf(username)) - (await statementsOf(nobody));
    // The driver of SQLite reads rows by a second call of its own, so a statement with an answer counts twice.
    expect(more).toBe(provider === 'sqlite' ? 3 : 0);
  });
});
