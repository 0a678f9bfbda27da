import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AUDIT_ACTIONS } from '../../src/core/audit-actions.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { registerUser, setUpAdmin } from '../support/people.ts';
import { providers } from '../support/database.ts';

describe.each(providers)('a refusal for want of a right on %s', (provider) => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp({ provider });
    await setUpAdmin(app);
    token = (await registerUser(app, 'ann')).accessToken;
  });
  afterAll(() => app.close());

  const denials = async () => {
    await app.services.background.close();
    const rows = await app.services.db.prisma.auditEvent.findMany({
      where: { action: 'access.denied' },
      orderBy: { sequence: 'asc' },
    });
    return rows.map(({ actorName, outcome, details }) => ({
      actorName,
      outcome,
      ...(JSON.parse(details) as object),
    }));
  };
  const askUsers = (as: string | undefined) =>
    app.rest('POST', '/graphql', { body: { query: '{ users { nodes { id } } }' }, token: as });
  const disable = () =>
    app.rest('POST', '/graphql', {
      body: { query: 'mutation { disableAuth { __typename } }' },
      token,
    });

  const USERS = {
    actorName: 'ann',
    outcome: 'denied',
    operation: 'users',
    permission: 'users:read',
  };

  it('is written down once a minute for each operation, however many ask at once', async () => {
    await Promise.all(Array.from({ length: 100 }, () => askUsers(token)));
    expect(await denials()).toEqual([USERS]);
    app.clock.step(61);
    await askUsers(token);
    expect(await denials()).toEqual([USERS, USERS]);
  });

  it('is written down where GraphQL refuses the field itself', async () => {
    const answer = await disable();
    expect(answer.text).toContain('FORBIDDEN');
    expect((await denials()).at(-1)).toMatchObject({
      operation: 'disableAuth',
      permission: 'auth:manage',
    });
  });

  it('is not written down of a stranger', async () => {
    const before = await denials();
    await askUsers(undefined);
    expect(await denials()).toEqual(before);
  });
});

it('records every action of the audit somewhere', () => {
  const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/generated|audit\/actions/.test(file))
    .map((file) => readFileSync(`src/${file}`, 'utf8'))
    .join('\n');
  const dead = Object.keys(AUDIT_ACTIONS).filter((name) => !sources.includes(`'${name}'`));
  expect(dead).toEqual([]);
});
