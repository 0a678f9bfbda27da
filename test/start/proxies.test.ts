import { Agent } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startApp } from '../support/app.ts';
import { LOGIN, REVOKE_SESSION, SESSIONS } from '../support/documents.ts';
import { PASSWORD, setUpAdmin, signIn } from '../support/people.ts';
import {
  faultsOf,
  isInstalled,
  PROXIES,
  type ProxyName,
  SITE,
  startProxy,
} from '../support/proxies.ts';
import { poll } from '../support/sockets.ts';
import { askThrough, overSse, overWebSocket } from '../support/through-proxy.ts';

async function startBehind(name: ProxyName) {
  const env = { PUBLIC_URL: `https://${SITE}`, TRUSTED_PROXIES: '127.0.0.1' };
  const app = await startApp({ env });
  onTestFinished(() => app.close());
  const { port } = app.server.address() as AddressInfo;
  const proxy = await startProxy(name, [port], true);
  const agent = new Agent({ keepAlive: true, ca: proxy.ca, servername: SITE });
  onTestFinished(async () => {
    agent.destroy();
    await proxy.close();
  });
  return { app, proxy, agent };
}

describe.each(PROXIES)('the configuration of %s that docs/operate/install.md has', (name) => {
  it.skipIf(!isInstalled(name))('is right by its own program', () => {
    expect(faultsOf(name)).toBe('');
  });

  it.skipIf(!isInstalled(name))('passes events on at once, over WebSockets and SSE', async () => {
    const { app, proxy, agent } = await startBehind(name);
    const { accessToken } = await setUpAdmin(app);
    let open = 0;
    const opened = () => (open += 1);
    const streams = [
      overSse(proxy, agent, accessToken, opened),
      overWebSocket(proxy, accessToken, opened),
    ];
    await poll(() => open).toBe(2);
    await sleep(100);
    await signIn(app, 'admin');
    const { data } = await app.graphql(SESSIONS, {}, accessToken);
    const sessionId = data.sessions.find(({ current }) => !current)!.id;
    await app.graphql(REVOKE_SESSION, { input: { id: sessionId } }, accessToken);
    for (const { received } of streams) await poll(received).toContain(sessionId);
    for (const { end } of streams) end();
  });

  it.skipIf(!isInstalled(name))('names the client, whatever that says of itself', async () => {
    const { app, proxy, agent } = await startBehind(name);
    const { accessToken } = await setUpAdmin(app);
    const ask = askThrough(proxy, agent, {
      localAddress: '127.0.0.2',
      headers: { 'x-forwarded-for': '203.0.113.9' },
    });
    await ask(LOGIN, { input: { username: 'admin', password: PASSWORD } });
    const { data } = await app.graphql(SESSIONS, {}, accessToken);
    const addresses = data.sessions.map(({ ipAddress }) => ipAddress);
    expect(new Set(addresses)).toEqual(new Set(['127.0.0.1', '127.0.0.2']));
  });
});
