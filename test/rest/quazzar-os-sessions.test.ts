import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { registerUser, setUpAdmin, signIn } from '../support/people.ts';

interface Session {
  readonly id: string;
  readonly current: boolean;
}

describe.each(providers)('quazzar-os on %s', (provider) => {
  let app: TestApp;
  let phone: string;
  let laptop: string;
  beforeAll(async () => {
    app = await startApp({ provider });
    phone = (await setUpAdmin(app)).accessToken;
    app.clock.step(60);
    laptop = (await signIn(app, 'admin')).accessToken;
  });
  afterAll(() => app.close());

  const list = (token: string) => app.rest('GET', '/api/auth/sessions', { token });
  const revoke = (id: string, token: string) =>
    app.rest('DELETE', `/api/auth/sessions/${id}`, { token });

  it('GET /api/auth/sessions answers the live ones, and which one asks', async () => {
    const answer = await list(laptop);
    expect(answer.status).toBe(200);
    const session = {
      id: expect.stringMatching(/^session_[0-9a-f]{32}$/) as string,
      expires_at: expect.stringMatching(/^2026-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      ip_address: '127.0.0.1',
      user_agent: 'node',
    };
    expect(answer.body).toEqual([
      {
        ...session,
        created_at: '2026-01-31T09:31:00Z',
        last_seen_at: '2026-01-31T09:31:00Z',
        current: true,
      },
      {
        ...session,
        created_at: '2026-01-31T09:30:00Z',
        last_seen_at: '2026-01-31T09:30:00Z',
        current: false,
      },
    ]);
  });

  it('DELETE /api/auth/sessions/{id} ends one: its token is refused from then on', async () => {
    const other = ((await list(laptop)).body as Session[]).find(({ current }) => !current)!;
    const answer = await revoke(other.id, laptop);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await list(phone)).status).toBe(401);
    expect((await list(laptop)).body).toHaveLength(1);
    expect((await revoke(other.id, laptop)).status).toBe(404);
  });

  it("DELETE /api/auth/sessions/{id} answers 404 for what is nobody's or another one's", async () => {
    const { accessToken } = await registerUser(app, 'eve');
    const [own] = (await list(laptop)).body as Session[];
    for (const id of [own!.id, `session_${'0'.repeat(32)}`, own!.id.slice(8), 'none', '%00']) {
      expect((await revoke(id, accessToken)).status).toBe(404);
    }
    expect((await list(laptop)).status).toBe(200);
  });

  it('answers 401 without a token', async () => {
    expect((await app.rest('GET', '/api/auth/sessions')).status).toBe(401);
    expect((await app.rest('DELETE', '/api/auth/sessions/none')).status).toBe(401);
  });
});
