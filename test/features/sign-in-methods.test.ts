import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasSecondFactor } from '../../src/db/second-factor.ts';
import { secondFactorOf, SIGN_IN_METHODS } from '../../src/features/sign-in/methods.ts';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { LOGIN, REFRESH } from '../support/documents.ts';
import { PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { listStatements } from '../support/statements.ts';
import { REAUTHENTICATE } from '../support/totp-documents.ts';
import { answer, challenge, codeOf, turnOnTotp } from '../support/totp.ts';

const STEP = 30;

/** How many statements each step of a sign-in may make. SQLite counts those of its transactions as well. */
const MOST = {
  sqlite: { login: 11, refresh: 6, challenge: 7, completeLogin: 22, reauthenticate: 21 },
  postgresql: { login: 3, refresh: 3, challenge: 6, completeLogin: 13, reauthenticate: 12 },
} as const;

describe.each(providers)('a sign-in on %s', (provider) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());
  const findUser = (username: string) =>
    app.services.db.prisma.user.findFirstOrThrow({ where: { username } });

  it('asks for a second factor wherever the row of the user has one', async () => {
    const { accessToken } = await registerUser(app, 'Ann');
    const before = await findUser('Ann');
    expect([hasSecondFactor(before), secondFactorOf(before)]).toEqual([false, undefined]);
    await turnOnTotp(app, accessToken);
    const after = await findUser('Ann');
    expect([hasSecondFactor(after), secondFactorOf(after)?.amr]).toEqual([true, 'otp']);
  });

  it('makes a bounded number of statements', async () => {
    const { accessToken } = await registerUser(app, 'Ben');
    const { refreshToken } = await signIn(app, 'Ben');
    const login = { input: { username: 'Ben', password: PASSWORD } };

    await expectAtMost('login', () => app.graphql(LOGIN, login));
    await expectAtMost('refresh', () => app.graphql(REFRESH, { input: { refreshToken } }));

    const { secret } = await turnOnTotp(app, accessToken);
    app.clock.step(STEP);
    const { challengeToken } = await expectAtMost('challenge', () => challenge(app, 'Ben'));
    const completed = await expectAtMost('completeLogin', () =>
      answer(app, challengeToken, codeOf(app, secret)),
    );
    const { accessToken: token } = expectType(completed, 'AuthPayload');
    app.clock.step(STEP);
    const input = { password: PASSWORD, code: codeOf(app, secret) };
    await expectAtMost('reauthenticate', () => app.graphql(REAUTHENTICATE, { input }, token));
  });

  async function expectAtMost<T>(what: keyof (typeof MOST)['sqlite'], work: () => Promise<T>) {
    const answers: T[] = [];
    const statements = await listStatements(async () => answers.push(await work()));
    expect(statements.length, what).toBeLessThanOrEqual(MOST[provider][what]);
    return answers[0]!;
  }
});

describe('the sign-in methods', () => {
  it('have a challenge for each second factor, and for no other', () => {
    for (const { challenge, factors } of SIGN_IN_METHODS) {
      expect(challenge !== undefined).toBe(factors.includes('second'));
    }
  });
});
