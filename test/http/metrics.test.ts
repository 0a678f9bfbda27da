import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { loadConfig } from '../../src/config/config.ts';
import { ERRORS } from '../../src/core/errors.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { DISABLE_AUTH, ENABLE_AUTH } from '../support/auth-switch-documents.ts';
import { postgresUrl } from '../support/database.ts';
import { LOGIN, ME } from '../support/documents.ts';
import { createUser, setUpAdmin } from '../support/people.ts';
import { listStatements } from '../support/statements.ts';
import { exchange } from './wire.ts';

const TOKEN = 'a token for those who scrape: 32b'.replaceAll(' ', '-');
const SHOWN = { authorization: `Bearer ${TOKEN}` };

/** Where it is not heard, what another process does is known after five seconds; this machine may be slow. */
const WITHIN_FLOOR = { timeout: 15_000, interval: 50 };

const scrape = async (app: TestApp, headers = {}) =>
  (await exchange(app.url, { path: '/metrics', headers })).text;
const valueOf = (text: string, line: string) =>
  Number(
    text
      .split('\n')
      .find((each) => each.startsWith(`${line} `))
      ?.split(' ')
      .at(-1),
  );

/** The names of metrics in a file that asks Prometheus for them. */
const metricsIn = (text: string) =>
  new Set(text.match(/\b(?:vestibule|nodejs|process)_[a-z0-9_]+/g) ?? []);

const waitingMail = (now: Date) => ({
  ...{ id: 'm', messageId: 'm', kind: 'newDevice', toAddress: '', toName: '', subject: '' },
  ...{ body: '', createdAt: now, dueAt: now, attempts: 0 },
});

describe('the alert rules', () => {
  const rules = readFileSync('docs/operate/alerts.yaml', 'utf8')
    .split(/^ {6}- alert: /m)
    .slice(1);

  it('each name the fault that they are for, how grave it is, and what to do', () => {
    const names = rules.map((rule) => rule.split('\n')[0]);
    expect(new Set(names).size).toBe(rules.length);
    expect(rules.length).toBeGreaterThan(15);
    for (const rule of rules) {
      expect(rule).toMatch(/^Vestibule\w+\n/);
      expect(rule).toMatch(/^ {8}expr: \S/m);
      expect(rule).toMatch(/^ {8}labels: \{ severity: (?:page|ticket) \}$/m);
      expect(rule).toMatch(/^ {10}fault: \w/m);
      expect(rule).toMatch(/^ {10}summary: \S/m);
    }
  });

  it('ask for error codes that there are', () => {
    const asked = rules.flatMap(
      (rule) => rule.match(/(?<=[~="|])[A-Z]+(?:_[A-Z]+)+(?=["|])/g) ?? [],
    );
    expect(asked.length).toBeGreaterThan(2);
    for (const code of asked) expect(Object.keys(ERRORS)).toContain(code);
  });
});

describe('/metrics', () => {
  let app: TestApp;
  let token: string;
  beforeAll(async () => {
    app = await startApp(postgresUrl === undefined ? {} : { provider: 'postgresql' });
    token = (await setUpAdmin(app)).accessToken;
  });
  afterAll(() => app.close());

  it('counts requests, operations by outcome, hashes and look-ups of sessions', async () => {
    const before = await scrape(app);
    const of = (text: string) => ({
      graphql: valueOf(
        text,
        'vestibule_http_request_duration_seconds_count{door="graphql",route="/graphql",status="200"}',
      ),
      me: valueOf(text, 'vestibule_operations_total{operation="me",outcome="ok"}') || 0,
      refused:
        valueOf(
          text,
          'vestibule_operations_total{operation="login",outcome="INVALID_CREDENTIALS"}',
        ) || 0,
      hashed: valueOf(text, 'vestibule_password_hash_duration_seconds_count'),
      found: valueOf(text, 'vestibule_session_lookups_total{from="memory"}'),
    });
    await app.graphql(ME, {}, token);
    await app.graphql(ME, {}, token);
    await app.graphql(LOGIN, { input: { username: 'admin', password: 'wrong' } });
    const [was, is] = [of(before), of(await scrape(app))];
    expect(is.graphql - was.graphql).toBe(3);
    expect(is.me - was.me).toBe(2);
    expect(is.refused - was.refused).toBe(1);
    expect(is.hashed - was.hashed).toBe(1);
    expect(is.found - was.found).toBeGreaterThan(0);
  });

  it('has one label for all the paths and methods that strangers make up', async () => {
    await scrape(app);
    const series = async () => (await scrape(app)).match(/^vestibule_/gm)?.length;
    const probe = (n: number) =>
      Promise.all(
        ['GET', 'PUT', 'PROPFIND'].flatMap((method) =>
          [`/x${n}`, `/compat/y${n}`, `/compat/quazzar-os/z${n}`, `/healthz/${n}`].map((path) =>
            exchange(app.url, { method, path }),
          ),
        ),
      );
    await probe(0);
    const before = await series();
    for (let n = 1; n <= 20; n++) await probe(n);
    expect(await series()).toBe(before);
    const text = await scrape(app);
    expect(text).toContain('{door="none",route="unknown",status="404"}');
    expect(text).not.toMatch(/x1|z1/);
  });

  it('says whether authentication is on, whichever process turned it off', async () => {
    const { databaseUrl } = app;
    const other = await startApp({ databaseUrl });
    const ofBoth = async () =>
      Promise.all(
        [app, other].map(async (each) =>
          valueOf(await scrape(each), 'vestibule_authentication_enabled'),
        ),
      );
    try {
      expect(await ofBoth()).toEqual([1, 1]);
      await app.graphql(DISABLE_AUTH, {}, token);
      await expect.poll(ofBoth, WITHIN_FLOOR).toEqual([0, 0]);
      await other.graphql(ENABLE_AUTH, {});
      await expect.poll(ofBoth, WITHIN_FLOOR).toEqual([1, 1]);
    } finally {
      await other.close();
    }
  });

  it('says which release runs', async () => {
    const line = `vestibule_build_info{version="${manifest.version}"}`;
    expect(valueOf(await scrape(app), line)).toBe(1);
  });

  it('asks the database for nothing that is remembered', async () => {
    await scrape(app);
    expect(await listStatements(() => scrape(app))).toEqual([]);
  });

  it.each(['grafana.json', 'alerts.yaml'])('knows every metric of %s', async (file) => {
    const text = await scrape(app);
    const names = metricsIn(readFileSync(`docs/operate/${file}`, 'utf8'));
    expect(names.size).toBeGreaterThan(10);
    for (const name of names) {
      // The pool is there on PostgreSQL alone; that the metric is, its help says.
      const family = name.replace(/_(?:bucket|count|sum)$/, '');
      expect(text, name).toMatch(new RegExp(`^(?:# HELP )?(?:${name}|${family})[ {]`, 'm'));
    }
  });

  it('has everything of its own on the dashboard', async () => {
    const own = (await scrape(app)).match(/(?<=^# HELP )vestibule_\w+/gm) ?? [];
    const shown = metricsIn(readFileSync('docs/operate/grafana.json', 'utf8'));
    const families = [...shown].map((name) => name.replace(/_(?:bucket|count|sum)$/, ''));
    expect(own.filter((name) => !families.includes(name))).toEqual([]);
  });

  it('counts refused sign-ins by their reason', async () => {
    const line = 'vestibule_sign_ins_failed_total{reason="INVALID_CREDENTIALS"}';
    const before = valueOf(await scrape(app), line) || 0;
    await app.graphql(LOGIN, { input: { username: 'admin', password: 'wrong' } });
    await app.graphql(LOGIN, { input: { username: 'nobody', password: 'wrong' } });
    expect(valueOf(await scrape(app), line) - before).toBe(2);
  });

  it('tells what the process reaches, the outbox, and the age of the key', async () => {
    const { services, clock } = app;
    await createUser(app, token, 'ann', { email: 'ann@example.com' });
    await services.db.prisma.outboxMail.create({ data: waitingMail(clock.now()) });
    clock.step(60);
    await services.figures?.read();
    const text = await scrape(app);
    expect(valueOf(text, 'vestibule_database_up')).toBe(1);
    expect(valueOf(text, 'vestibule_outbox_mails')).toBe(1);
    expect(valueOf(text, 'vestibule_outbox_oldest_mail_seconds')).toBe(60);
    expect(valueOf(text, 'vestibule_signing_key_age_seconds')).toBe(60);
    expect(text).toMatch(/^vestibule_instance_info\{id="[0-9a-f]{8}"\} 1$/m);
    if (services.db.engine.name === 'postgresql') {
      await expect
        .poll(async () => valueOf(await scrape(app), 'vestibule_listener_connected'))
        .toBe(1);
    }
  });

  it('is not there for whom a proxy speaks for', async () => {
    const answer = await exchange(app.url, {
      path: '/metrics',
      headers: { 'x-forwarded-for': '127.0.0.1' },
    });
    expect(answer).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});

describe('/metrics in production', () => {
  const production = {
    PROFILE: 'production',
    ARGON2_MEMORY_KIB: '19456',
    ARGON2_TIME: '2',
  };

  it('is not there unless a token is set', async () => {
    const app = await startApp({ env: production });
    expect(await exchange(app.url, { path: '/metrics' })).toMatchObject({ status: 404 });
    await app.close();
    expect(() => loadConfig({ METRICS: 'on' })).toThrow('METRICS_TOKEN must be set');
  });

  it('is for whoever shows the token', async () => {
    const app = await startApp({ env: { ...production, METRICS_TOKEN: TOKEN } });
    const wrong = [{}, { authorization: `Bearer ${TOKEN}x` }, { authorization: `Basic ${TOKEN}` }];
    for (const headers of wrong) {
      expect(await exchange(app.url, { path: '/metrics', headers })).toMatchObject({
        status: 401,
        headers: { 'www-authenticate': 'Bearer' },
      });
    }
    const answer = await exchange(app.url, { path: '/metrics', headers: SHOWN });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    expect(answer.text).toContain('vestibule_password_hashes{state="waiting"} 0');
    await app.close();
  });
});
