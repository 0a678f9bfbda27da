import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { loadConfig } from '../../src/config.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { DISABLE_AUTH, ENABLE_AUTH } from '../support/auth-switch-documents.ts';
import { postgresUrl } from '../support/database.ts';
import { LOGIN, ME } from '../support/documents.ts';
import { setUpAdmin } from '../support/people.ts';
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

  it('knows every metric of the dashboard', async () => {
    const text = await scrape(app);
    const dashboard = readFileSync('docs/operate/grafana.json', 'utf8');
    const { panels } = JSON.parse(dashboard) as {
      panels: { targets: { expr: string }[] }[];
    };
    const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const names = new Set(
      [...queries, dashboard].flatMap(
        (query) => query.match(/\b(?:vestibule|nodejs|process)_[a-z0-9_]+/g) ?? [],
      ),
    );
    expect(names.size).toBeGreaterThan(10);
    for (const name of names) {
      // The pool is there on PostgreSQL alone; that the metric is, its help says.
      expect(text, name).toMatch(new RegExp(`^(?:# HELP )?${name}[ {]`, 'm'));
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
