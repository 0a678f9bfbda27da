import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectType, startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { LOGIN } from '../support/documents.ts';
import { PASSWORD, registerUser, setUpAdmin } from '../support/people.ts';
import { answer, challenge, codeOf, turnOnTotp, wrongCodeOf } from '../support/totp.ts';

const STEP = 30;
const HUNDRED = Array.from({ length: 100 });

describe.each(providers)('somebody who saw a code on %s', (provider) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app);
  });
  afterAll(() => app.close());

  const enrolled = async (username: string) => {
    const { accessToken, user } = await registerUser(app, username);
    const credential = await turnOnTotp(app, accessToken);
    return { username, id: user.id, ...credential };
  };
  const next = async (username: string, code: string) => {
    const { challengeToken } = await challenge(app, username);
    return answer(app, challengeToken, code);
  };
  const liveSessions = (userId: string) =>
    app.services.db.prisma.session.count({ where: { userId, revokedAt: null, amr: 'pwd otp' } });

  it('cannot use it again, in its step or the next', async () => {
    const { username, secret } = await enrolled('Ann');
    // The code of the step in which it was turned on is used up by that.
    expectType(await next(username, codeOf(app, secret)), 'WrongCodeError');
    app.clock.step(STEP);
    const code = codeOf(app, secret);
    expectType(await next(username, code), 'AuthPayload');
    expectType(await next(username, code), 'WrongCodeError');
    app.clock.step(STEP - 1);
    expectType(await next(username, code), 'WrongCodeError');
    app.clock.step(1);
    expectType(await next(username, code), 'WrongCodeError');
    expectType(await next(username, codeOf(app, secret)), 'AuthPayload');
  });

  it('cannot use an older one that was skipped', async () => {
    const { username, secret } = await enrolled('Ben');
    app.clock.step(2 * STEP);
    const skipped = codeOf(app, secret, -1);
    expectType(await next(username, codeOf(app, secret)), 'AuthPayload');
    expectType(await next(username, skipped), 'WrongCodeError');
  });

  it('is let in once in a hundred times at once, with a challenge each', async () => {
    const { username, id, secret } = await enrolled('Cid');
    app.clock.step(STEP);
    const challenges = await Promise.all(HUNDRED.map(() => challenge(app, username)));
    const code = codeOf(app, secret);
    const answers = await Promise.all(
      challenges.map(({ challengeToken }) => answer(app, challengeToken, code)),
    );
    const types = answers.map(({ __typename }) => __typename);
    expect(types.filter((type) => type === 'AuthPayload')).toHaveLength(1);
    expect(types.filter((type) => type === 'WrongCodeError')).toHaveLength(99);
    expect(await liveSessions(id)).toBe(2);
  });

  it('is let in once in a hundred times at once with one recovery code', async () => {
    const { username, id, recoveryCodes } = await enrolled('Dee');
    const challenges = await Promise.all(HUNDRED.map(() => challenge(app, username)));
    const answers = await Promise.all(
      challenges.map(({ challengeToken }) => answer(app, challengeToken, recoveryCodes[3]!)),
    );
    const types = answers.map(({ __typename }) => __typename);
    expect(types.filter((type) => type === 'AuthPayload')).toHaveLength(1);
    expect(await liveSessions(id)).toBe(2);
  });

  it('has one sign-in of one challenge, whatever codes it is answered with at once', async () => {
    const { username, id, secret, recoveryCodes } = await enrolled('Eve');
    app.clock.step(STEP);
    const { challengeToken } = await challenge(app, username);
    const codes = [codeOf(app, secret), codeOf(app, secret, 1), ...recoveryCodes];
    const answers = await Promise.all(
      HUNDRED.map((_, i) => answer(app, challengeToken, codes[i % codes.length]!)),
    );
    const types = answers.map(({ __typename }) => __typename);
    expect(types.filter((type) => type === 'AuthPayload')).toHaveLength(1);
    expect(await liveSessions(id)).toBe(2);
    // What a lost race was answered with is as good as before.
    const used = await app.services.db.prisma.recoveryCode.count({
      where: { userId: id, usedAt: { not: null } },
    });
    expect(used).toBeLessThanOrEqual(1);
  });

  it('has five guesses a challenge, at once or in turn', async () => {
    const { username, id, secret } = await enrolled('Fay');
    app.clock.step(STEP);
    const { challengeToken } = await challenge(app, username);
    const wrong = wrongCodeOf(app, secret);
    const guesses = await Promise.all(HUNDRED.map(() => answer(app, challengeToken, wrong)));
    const types = guesses.map(({ __typename }) => __typename);
    expect(types.filter((type) => type === 'WrongCodeError')).toHaveLength(5);
    expect(types.filter((type) => type === 'ChallengeInvalidError')).toHaveLength(95);
    const late = await answer(app, challengeToken, codeOf(app, secret));
    expectType(late, 'ChallengeInvalidError');
    const failures = { action: 'auth.login_failed', targetId: id };
    expect(await app.services.db.prisma.auditEvent.count({ where: failures })).toBe(5);
  });

  it('learns nothing of a second factor before the password is right', async () => {
    await enrolled('Gus');
    await registerUser(app, 'Hal');
    const ask = async (username: string) =>
      (await app.graphql(LOGIN, { input: { username, password: 'wrong horse battery' } })).data;
    const [withOne, without, unknown] = [await ask('Gus'), await ask('Hal'), await ask('nobody')];
    expect(withOne).toEqual(without);
    expect(withOne).toEqual(unknown);
  });

  it('finds no secret in the database, the log or the audit', async () => {
    const { username, id, secret, recoveryCodes } = await enrolled('Ida');
    app.clock.step(STEP);
    const { challengeToken } = await challenge(app, username);
    const code = codeOf(app, secret);
    await answer(app, challengeToken, wrongCodeOf(app, secret));
    await answer(app, challengeToken, code);
    await next(username, recoveryCodes[0]!);
    const { prisma } = app.services.db;
    const where = { userId: id };
    const kept = JSON.stringify([
      await prisma.totpCredential.findMany({ where }),
      await prisma.recoveryCode.findMany({ where }),
      await prisma.oneTimeToken.findMany({ where }),
      await prisma.auditEvent.findMany({ select: { details: true, actorName: true } }),
      await prisma.outboxMail.findMany({ select: { subject: true, toName: true } }),
      app.logged,
    ]);
    const plain = recoveryCodes.map((recoveryCode) => recoveryCode.replaceAll('-', ''));
    const secrets = [secret, challengeToken, code, PASSWORD, ...recoveryCodes, ...plain];
    expect(secrets.filter((text) => kept.includes(text))).toEqual([]);
  });

  it('cannot put a secret of their own in the place of another’s', async () => {
    const ann = await enrolled('Jon');
    const { id } = await enrolled('Kim');
    const { totpCredential } = app.services.db.prisma;
    const own = await totpCredential.findUniqueOrThrow({ where: { userId: ann.id } });
    await totpCredential.update({ where: { userId: id }, data: { secret: own.secret } });
    app.clock.step(STEP);
    const { challengeToken } = await challenge(app, 'Kim');
    const input = { challengeToken, code: codeOf(app, ann.secret) };
    const { errors } = await app
      .rest('POST', '/graphql', {
        body: {
          query:
            'mutation ($input: CompleteLoginInput!) { completeLogin(input: $input) { __typename } }',
          variables: { input },
        },
      })
      .then(({ body }) => body as { errors: { extensions: { code: string } }[] });
    expect(errors[0]?.extensions.code).toBe('INTERNAL_SERVER_ERROR');
  });
});
