import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAnswer, endAnswer } from '../../src/core/answer.ts';
import { ANONYMOUS } from '../../src/core/actor.ts';
import { contextOf } from '../../src/core/context.ts';
import { requestPasswordReset } from '../../src/features/passwords/operations.ts';
import { providers } from '../support/database.ts';
import { networks, startThrottledApp, type ThrottledApp } from '../support/guesses.ts';
import type { TypedDocumentString } from '../generated/graphql.ts';
import { countingHasher } from '../support/hasher.ts';
import { readOutbox } from '../support/outbox.ts';
import { REQUEST_PASSWORD_RESET } from '../support/password-documents.ts';
import { createUser, PASSWORD, setUpAdmin } from '../support/people.ts';
import { ADD_PROJECT_MEMBER } from '../support/project-documents.ts';
import { listStatements } from '../support/statements.ts';
import { CHANGE_EMAIL } from '../support/email-documents.ts';
import { INVITE_TENANT_MEMBER } from '../support/tenant-documents.ts';
import { type Owner, registerOwner } from '../support/tenants.ts';
import { CREATE_USER, DELETE_USER, UPDATE_USER } from '../support/user-documents.ts';

const MONTHS = 40 * 24 * 3600;

/** What a stranger or the owner of some tenant asks about, by whether there is such an account. */
const ACCOUNTS = {
  'an account': 'ada',
  'a disabled account': 'dot',
  'an account without a password': 'nil',
  'an unknown name': 'zoe',
} as const;
type Case = keyof typeof ACCOUNTS;
const CASES = Object.keys(ACCOUNTS) as Case[];
const emailOf = (name: string) => `${name}@example.com`;

describe.each(providers)('whether there is an account, on %s,', (provider) => {
  let stage: ThrottledApp;
  let owner: Owner & { projectId: string };
  const hashing = countingHasher();
  const anywhere = networks();
  beforeAll(async () => {
    stage = await startThrottledApp({
      provider,
      hasher: hashing.hasher,
      env: { ADMIN_USERNAME: 'boss', ACCESS_TOKEN_SECONDS: '86400' },
    });
    const { app } = stage;
    const admin = await setUpAdmin(app, 'boss');
    for (const name of Object.values(ACCOUNTS).slice(0, -1)) {
      await createUser(app, admin.accessToken, name, { email: emailOf(name) });
    }
    const { user, project } = app.services.db.prisma;
    await user.updateMany({ where: { username: 'dot' }, data: { disabled: true } });
    await user.updateMany({ where: { username: 'nil' }, data: { passwordHash: null } });
    const made = await registerOwner(app, 'owner');
    const { id: projectId } = await project.findFirstOrThrow({
      where: { tenantId: made.tenantId },
    });
    owner = { ...made, projectId };
  });
  afterAll(() => stage.app.close());

  const mails = async () => (await readOutbox(stage.app.services)).length;

  /** What is asked of the server, and said by it, for one account after the other. */
  const costsOf = async (ask: (name: string) => Promise<{ status: number; text: string }>) => {
    const costs = [];
    for (const kind of CASES) {
      await stage.app.services.db.prisma.throttle.deleteMany();
      const [checked, hashed] = [hashing.checked(), hashing.hashed()];
      let answer: { status: number; text: string } | undefined;
      const statements = await listStatements(async () => {
        answer = await ask(ACCOUNTS[kind]);
        await stage.app.services.background.close();
      });
      const { status = 0, text = '' } = answer ?? {};
      const said = text
        .replaceAll(ACCOUNTS[kind], 'NAME')
        .replaceAll(/"[\w-]{36,}"/g, '"ID"')
        .replaceAll(/"\d{4}-\d\d-[^"]+"/g, '"TIME"');
      costs.push({
        said,
        status,
        statements: statements.length,
        hashes: hashing.checked() - checked + hashing.hashed() - hashed,
      });
    }
    return costs;
  };

  const ask =
    <T, V>(document: TypedDocumentString<T, V>, variables: (name: string) => V, token?: string) =>
    (name: string) =>
      stage.ask(document, variables(name), { address: anywhere(), token });

  const QUESTIONS: Readonly<Record<string, () => Parameters<typeof costsOf>[0]>> = {
    requestPasswordReset: () =>
      ask(REQUEST_PASSWORD_RESET, (name) => ({ input: { email: emailOf(name) } })),
    'send-password-reset-link of lncrawl': () => (name) =>
      stage.app.rest('POST', '/compat/lncrawl/api/auth/send-password-reset-link', {
        body: { email: emailOf(name) },
        headers: { 'x-forwarded-for': anywhere() },
      }),
    'send-password-reset-link of all': () => (name) =>
      stage.app.rest('POST', '/compat/union/api/auth/send-password-reset-link', {
        body: { email: emailOf(name) },
        headers: { 'x-forwarded-for': anywhere() },
      }),
    changeEmail: () =>
      ask(CHANGE_EMAIL, (name) => ({ input: { email: emailOf(name) } }), owner.token),
    inviteTenantMember: () =>
      ask(
        INVITE_TENANT_MEMBER,
        (name) => ({
          input: { tenantId: owner.tenantId, email: emailOf(name), role: 'MEMBER' as const },
        }),
        owner.token,
      ),
    addProjectMember: () =>
      ask(
        ADD_PROJECT_MEMBER,
        (username) => ({ input: { projectId: owner.projectId, username } }),
        owner.token,
      ),
    'updateUser by a name': () =>
      ask(UPDATE_USER, (login) => ({ input: { login, name: 'Puppet' } }), owner.token),
    'updateUser by an address': () =>
      ask(
        UPDATE_USER,
        (name) => ({ input: { login: emailOf(name), disabled: true } }),
        owner.token,
      ),
    'deleteUser by a name': () => ask(DELETE_USER, (login) => ({ input: { login } }), owner.token),
  };

  it.each(Object.keys(QUESTIONS))('costs the same work through %s', async (question) => {
    stage.app.clock.step(600);
    const ofName = QUESTIONS[question]!();
    // What the server does from time to time is not in the count.
    await ofName('nobody');
    await stage.app.services.background.close();
    const before = await mails();
    const costs = await costsOf(ofName);
    for (const cost of costs) expect(cost).toEqual(costs[0]);
    expect(costs[0]?.statements).toBeGreaterThan(0);
    expect(costs[0]?.said).not.toMatch(/BAD_USER_INPUT|RATE_LIMITED|INTERNAL/);
    if (/requestPassword|send-password/.test(question)) {
      // Those that can choose a password were sent a link.
      expect((await mails()) - before).toBe(2);
    }
  });

  it('costs the same hash where the name is the administrator’s, taken or free', async () => {
    const hashes = [];
    for (const username of ['boss', 'ada', 'free']) {
      const before = hashing.hashed();
      const input = { username, password: PASSWORD, tenantId: owner.tenantId };
      await stage.ask(CREATE_USER, { input }, { address: anywhere(), token: owner.token });
      hashes.push(hashing.hashed() - before);
    }
    expect(hashes).toEqual([1, 1, 1]);
  });

  describe('a link to reset a password', () => {
    const reset = (email: string, answer = createAnswer()) => {
      const request = { id: 'request', ipAddress: anywhere(), userAgent: undefined, answer };
      const ctx = contextOf(stage.app.services, ANONYMOUS, request);
      return requestPasswordReset.run(ctx, { email });
    };

    it('is made after the answer, of which nothing depends on the account', async () => {
      stage.app.clock.step(MONTHS);
      await reset('nobody@example.com');
      await stage.app.services.background.close();
      const seen = [];
      for (const kind of CASES) {
        const email = emailOf(ACCOUNTS[kind]);
        const answer = createAnswer();
        const before = await listStatements(() => reset(email, answer));
        const after = await listStatements(async () => {
          endAnswer(answer);
          await stage.app.services.background.close();
        });
        seen.push({ before, after: after.length });
      }
      for (const one of seen) expect(one).toEqual(seen[0]);
      // The throttle's alone.
      expect(seen[0]?.before.length).toBeLessThanOrEqual(provider === 'sqlite' ? 2 : 1);
      expect(seen[0]?.after).toBeGreaterThan(5);
    });

    it('is made if the client goes away', async () => {
      stage.app.clock.step(MONTHS);
      const before = await mails();
      const { port, hostname } = new URL(stage.app.url);
      const body = JSON.stringify({
        query: String(REQUEST_PASSWORD_RESET),
        variables: { input: { email: emailOf('ada') } },
      });
      const head = `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => {
          socket.write(head + body, () => {
            socket.destroy();
            resolve();
          });
        });
      });
      await expect.poll(mails).toBe(before + 1);
    });

    it('is written down in the log if it cannot be made', async () => {
      stage.app.clock.step(MONTHS);
      const { db } = stage.app.services;
      const broken = {
        ...stage.app.services,
        db: { ...db, read: () => Promise.reject(new Error('no')) },
      };
      const request = { id: 'request', ipAddress: anywhere(), userAgent: undefined };
      const logged = stage.app.logged.length;
      await requestPasswordReset.run(contextOf(broken, ANONYMOUS, request), {
        email: emailOf('ada'),
      });
      await stage.app.services.background.close();
      expect(stage.app.logged.slice(logged)).toMatchObject([
        { level: 'error', message: 'a link to reset a password was not sent' },
      ]);
    });
  });
});
