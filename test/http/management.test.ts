import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { exchange } from './wire.ts';

const TOKEN = 'a-token-for-those-who-scrape:-32b';
const ARGON2 = { ARGON2_MEMORY_KIB: '19456', ARGON2_TIME: '2' };

describe('METRICS_PORT', () => {
  let app: TestApp;
  let url: string;
  beforeAll(async () => {
    app = await startApp({ env: { PROFILE: 'production', ...ARGON2, METRICS_PORT: '0' } });
    const management = app.management!;
    management.listen(0, '127.0.0.1');
    await once(management, 'listening');
    url = `http://127.0.0.1:${(management.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    app.management?.close();
    await app.close();
  });

  it('serves metrics and health, and nothing else', async () => {
    const answer = await exchange(url, { path: '/metrics' });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('vestibule_build_info');
    for (const path of ['/livez', '/healthz', '/readyz']) {
      expect(await exchange(url, { path })).toMatchObject({ status: 200 });
    }
    for (const path of ['/graphql', '/', '/.well-known/jwks.json', '/compat']) {
      expect(await exchange(url, { path })).toMatchObject({ status: 404 });
    }
  });

  it('takes metrics off the port of everybody, which goes on to tell its health', async () => {
    expect(await exchange(app.url, { path: '/metrics' })).toMatchObject({ status: 404 });
    expect(await exchange(app.url, { path: '/livez' })).toMatchObject({ status: 200 });
  });

  it('needs a token where other machines reach it, in production', () => {
    const env = { PROFILE: 'production', METRICS_PORT: '9100', METRICS_HOST: '0.0.0.0' };
    expect(() => loadConfig(env)).toThrow('METRICS_TOKEN must be set where METRICS_HOST');
    expect(loadConfig({ ...env, METRICS_TOKEN: TOKEN })).toMatchObject({ metrics: true });
    expect(loadConfig({ METRICS_PORT: '9100' })).toMatchObject({
      metrics: true,
      metricsHost: '127.0.0.1',
    });
  });
});
