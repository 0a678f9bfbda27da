import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuditEventsQueryVariables } from '../generated/graphql.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { AUDIT_EVENT, AUDIT_EVENTS, COUNT_AUDIT_EVENTS } from '../support/audit-documents.ts';
import { createKey } from '../support/api-keys.ts';
import { providers } from '../support/database.ts';
import { LOGIN, USERS } from '../support/documents.ts';
import { createUser, registerUser, setUpAdmin } from '../support/people.ts';
import { directReads, planOf } from '../support/plan.ts';
import { listStatements } from '../support/statements.ts';
import { UPDATE_USER } from '../support/user-documents.ts';

describe.each(providers)('auditEvents on %s', (provider) => {
  let app: TestApp;
  let admin: Awaited<ReturnType<typeof setUpAdmin>>;
  let ann: Awaited<ReturnType<typeof registerUser>>;

  beforeAll(async () => {
    app = await startApp({ provider });
    admin = await setUpAdmin(app);
    ann = await registerUser(app, 'ann');
    app.clock.step(60);
    await app.graphql(UPDATE_USER, { input: { id: ann.user.id, name: 'Ann' } }, admin.accessToken);
    await app.graphql(LOGIN, { input: { username: 'ann', password: 'wrong horse battery' } });
    await registerUser(app, 'ben');
    for (let i = 0; i < 20; i++) await createUser(app, admin.accessToken, `user${i}`);
  });
  afterAll(() => app.close());

  const ask = async (token: string, variables: AuditEventsQueryVariables = {}) => {
    const { data, errors } = await app.graphql(AUDIT_EVENTS, variables, token);
    expect(errors).toEqual([]);
    return data.auditEvents;
  };
  const count = async (token: string, filter: AuditEventsQueryVariables['filter'] = {}) =>
    (await app.graphql(COUNT_AUDIT_EVENTS, { filter }, token)).data.auditEvents.totalCount;

  it('shows a system administrator everything, the newest first', async () => {
    const { nodes } = await ask(admin.accessToken, { first: 100 });
    expect(nodes).toHaveLength(await app.services.db.prisma.auditEvent.count());
    expect(await count(admin.accessToken)).toBe(nodes.length);
    expect(nodes.find(({ action }) => action === 'SETUP_COMPLETED')).toMatchObject({
      outcome: 'SUCCESS',
      target: { type: 'user', id: admin.user.id },
      ipAddress: expect.stringContaining('127.0.0.1'),
      requestId: expect.any(String),
    });
    const times = nodes.map(({ at }) => at);
    expect(times).toEqual(times.toSorted().reverse());
  });

  it('shows anybody else what they did and what was done to them, and from where only what was theirs', async () => {
    const { nodes } = await ask(ann.accessToken, { first: 100 });
    const mine = nodes.map(({ action, actor, ipAddress }) => [action, actor.username, !!ipAddress]);
    expect(mine).toHaveLength(4);
    expect(mine).toEqual(
      expect.arrayContaining([
        ['AUTH_REGISTERED', 'ann', true],
        ['USER_UPDATED', 'admin', false],
        ['AUTH_LOGIN_FAILED', null, true],
      ]),
    );
    expect(await count(ann.accessToken)).toBe(4);
    const others = { actorId: admin.user.id, targetId: admin.user.id };
    expect(await count(ann.accessToken, others)).toBe(0);
    const updated = nodes.find(({ action }) => action === 'USER_UPDATED');
    expect(updated?.details).toEqual([{ name: 'fields', values: ['name'] }]);
  });

  it.each([
    ['actions', () => ({ actions: ['AUTH_REGISTERED', 'SETUP_COMPLETED'] as const }), 3],
    ['an action', () => ({ actions: ['USER_CREATED'] as const }), 20],
    ['an outcome', () => ({ outcome: 'FAILURE' as const }), 1],
    ['an actor', () => ({ actorId: ann.user.id, actions: ['AUTH_REGISTERED'] as const }), 1],
    ['a target', () => ({ targetType: 'user', targetId: ann.user.id, outcome: 'FAILURE' }), 1],
    ['the time before', () => ({ until: minute(), actions: ['AUTH_REGISTERED'] as const }), 1],
    ['the time since', () => ({ since: minute(), actions: ['AUTH_REGISTERED'] as const }), 1],
    ['no action at all', () => ({ actions: [] as const, outcome: 'FAILURE' as const }), 1],
  ])('narrows to %s', async (_what, filter, expected) => {
    const narrowed = filter() as AuditEventsQueryVariables['filter'];
    const { nodes } = await ask(admin.accessToken, { first: 100, filter: narrowed });
    expect(nodes).toHaveLength(expected);
    expect(await count(admin.accessToken, narrowed)).toBe(expected);
  });

  const minute = () => new Date(app.clock.now().getTime() - 1000).toISOString();

  it.each([
    ['everything', {}],
    ['several actions', { actions: ['USER_CREATED', 'SETUP_COMPLETED'] as const }],
  ])('pages through %s forward and backward, each event once', async (_what, filter) => {
    const narrowed = { filter: filter as AuditEventsQueryVariables['filter'] };
    const all = (await ask(admin.accessToken, { first: 100, ...narrowed })).nodes;
    const forward: string[] = [];
    let after: string | null = null;
    do {
      const page = await ask(admin.accessToken, { first: 7, after, ...narrowed });
      forward.push(...page.nodes.map(({ id }) => id));
      after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
    } while (after !== null);
    expect(forward).toEqual(all.map(({ id }) => id));
    const last = await ask(admin.accessToken, { last: 3, ...narrowed });
    const { startCursor } = last.pageInfo;
    const before = await ask(admin.accessToken, { last: 3, before: startCursor, ...narrowed });
    expect([...before.nodes, ...last.nodes]).toEqual(all.slice(-6));
  });

  it.each([
    ['everything', () => admin.accessToken, {}, /AuditEvent_at_id_idx/],
    ['one action', () => admin.accessToken, { actions: ['USER_CREATED'] }, /AuditEvent_\w+_idx/],
    [
      'several actions',
      () => admin.accessToken,
      { actions: ['USER_CREATED', 'SETUP_COMPLETED'] },
      /AuditEvent_action_at_id_idx/,
    ],
    ['the own', () => ann.accessToken, {}, /AuditEvent_actorId_at_id_idx[^]*AuditEvent_targetId/],
  ])('walks an index over %s', async (_what, token, filter, index) => {
    const variables = { filter: filter as AuditEventsQueryVariables['filter'], first: 2 };
    const after = (await ask(token(), variables)).pageInfo.endCursor ?? null;
    const reads = await directReads(app, () => ask(token(), { ...variables, after }));
    const [query] = reads.filter(({ sql }) => sql.includes('"AuditEvent"'));
    const steps = await planOf(app, query!);
    expect(steps).toMatch(index);
    expect(steps).not.toMatch(/Seq Scan on "AuditEvent"|SCAN AuditEvent$/m);
  });

  it('costs the same number of statements, be they one or fifty, and counts only when asked', async () => {
    const cost = async (first: number) => {
      const statements = await listStatements(() => ask(admin.accessToken, { first }));
      expect(statements.filter((text) => text.includes('count('))).toEqual([]);
      return statements.length;
    };
    await cost(1);
    expect(await cost(20)).toBe(await cost(1));
  });

  it('is let in by an API key that carries audit:read, as far as its owner may', async () => {
    const rights = async (token: string, scopes: string[]) => {
      const { key } = await createKey(app, token, { name: 'k', scopes });
      return app.graphql(AUDIT_EVENTS, { first: 100 }, key);
    };
    const all = await rights(admin.accessToken, ['audit:read']);
    expect(all.data.auditEvents.nodes.length).toBeGreaterThan(20);
    const own = await rights(ann.accessToken, ['audit:read']);
    expect(own.data.auditEvents.nodes.map(({ action }) => action)).toContain('AUTH_REGISTERED');
    const none = await rights(admin.accessToken, ['users:read']);
    expect(none.errors[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('shows the owner of an API key what it did and from where, and nobody else of their kind', async () => {
    const cleo = await registerUser(app, 'cleo');
    const { key } = await createKey(app, cleo.accessToken, { name: 'k', scopes: ['audit:read'] });
    const refused = await app.graphql(USERS, { first: 1 }, key);
    expect(refused.errors[0]?.extensions.code).toBe('FORBIDDEN');
    const deeds = async (token: string) => {
      const { nodes } = await ask(token, { first: 100 });
      return nodes.filter(({ actor }) => actor.kind === 'apiKey');
    };
    await expect.poll(() => deeds(cleo.accessToken)).toHaveLength(1);
    const [deed] = await deeds(cleo.accessToken);
    expect(deed).toMatchObject({ action: 'ACCESS_DENIED', ipAddress: expect.any(String) });
    const see = async (token: string) =>
      (await app.graphql(AUDIT_EVENT, { id: deed!.id }, token)).data.node;
    expect(await see(cleo.accessToken)).toMatchObject({ ipAddress: expect.any(String) });
    expect(await see(ann.accessToken)).toBeNull();
    expect(await deeds(ann.accessToken)).toEqual([]);
  });

  it('is a node, for those who may see it alone', async () => {
    const [newest] = (await ask(ann.accessToken, { first: 1 })).nodes;
    const ben = await registerUser(app, `ben-${provider}`);
    const see = async (token: string) =>
      (await app.graphql(AUDIT_EVENT, { id: newest!.id }, token)).data.node;
    expect(await see(admin.accessToken)).toMatchObject({ __typename: 'AuditEvent' });
    expect(await see(ann.accessToken)).toMatchObject({ action: newest!.action });
    expect(await see(ben.accessToken)).toBeNull();
  });
});
