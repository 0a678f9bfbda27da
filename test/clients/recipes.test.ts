import { readFile } from 'node:fs/promises';
import { gql } from '@apollo/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { LOGIN, LOGOUT, REFRESH } from '../support/documents.ts';
import { registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { type Answer, type Ask, FRONT_ENDS, type FrontEnd } from './ask.ts';
import { possibleTypes } from './possible-types.ts';
import { createApolloClient } from './recipes/apollo.ts';
import { type Session, type Tokens, toTokens } from './recipes/tokens.ts';
import { startWire, type Wire } from './wire.ts';

const HOUR = 60 * 60;
const PEOPLE = ['Ada', 'Bea', 'Cyd', 'Dot'];
const FIFTY = Array.from({ length: 50 }, (_, index) => index + 1);

/** What the administrator sees on a page of this size. */
const page = (size: number): Answer => ({ as: 'admin', users: Math.min(size, 1 + PEOPLE.length) });

const all = (ask: Ask, sizes: readonly number[]) => Promise.all(sizes.map(ask));

describe.each<FrontEnd>(['apollo', 'urql'])('a front end made with %s', (kind) => {
  let app: TestApp;
  let wire: Wire;
  beforeAll(async () => {
    app = await startApp();
    wire = await startWire(app.url);
    await setUpAdmin(app);
    for (const person of PEOPLE) await registerUser(app, person);
  });
  afterAll(async () => {
    await wire.close();
    await app.close();
  });

  const start = async () => {
    const pair = await signIn(app, 'admin');
    const stored: { tokens: Tokens | undefined } = { tokens: toTokens(pair) };
    const signedOut: string[] = [];
    const session: Session = {
      load: () => stored.tokens,
      save: (tokens) => (stored.tokens = tokens),
      onSignedOut: (code) => signedOut.push(code),
    };
    return { ask: FRONT_ENDS[kind](wire.url, session, possibleTypes), pair, stored, signedOut };
  };

  const counts = () => {
    const passed = wire.takePassed();
    const count = (wanted: string) => passed.filter(({ name }) => name === wanted).length;
    return { queries: count('Page'), refreshes: count('RefreshTokens') };
  };

  it('makes one refresh of fifty queries with an expired token, and gets fifty right answers', async () => {
    const { ask, signedOut } = await start();
    app.clock.step(HOUR);
    expect(await all(ask, FIFTY)).toEqual(FIFTY.map(page));
    expect(counts()).toEqual({ queries: 100, refreshes: 1 });
    expect(signedOut).toEqual([]);
  });

  it('refreshes although it sends the expired access token along', async () => {
    const { ask, pair } = await start();
    app.clock.step(HOUR);
    expect(await ask(2)).toEqual(page(2));
    const refresh = wire.takePassed().find(({ name }) => name === 'RefreshTokens');
    expect(refresh?.authorization).toBe(`Bearer ${pair.accessToken}`);
  });

  it('does not refresh again for a refusal that comes after the refresh', async () => {
    const { ask } = await start();
    app.clock.step(HOUR);
    const late = wire.trap('Page', 'answer held');
    const first = ask(1);
    await late.sprung;
    expect(await ask(2)).toEqual(page(2));
    late.release();
    expect(await first).toEqual(page(1));
    expect(counts()).toEqual({ queries: 4, refreshes: 1 });
  });

  it('is signed out once, and tries no further, when its session was ended', async () => {
    const { ask, pair, stored, signedOut } = await start();
    await app.graphql(LOGOUT, {}, pair.accessToken);
    expect(await all(ask, FIFTY)).toEqual(FIFTY.map(() => 'UNAUTHENTICATED'));
    expect(counts().refreshes).toBe(1);
    expect(signedOut).toEqual(['REFRESH_TOKEN_INVALID']);
    expect(stored.tokens).toBeUndefined();

    expect(await ask(1)).toBe('UNAUTHENTICATED');
    expect(counts().refreshes).toBe(0);
    expect(signedOut).toHaveLength(1);
  });

  it('goes on when the answer to a refresh is lost on the way', async () => {
    const { ask, signedOut } = await start();
    app.clock.step(HOUR);
    wire.trap('RefreshTokens', 'answer lost');
    expect(await all(ask, FIFTY)).toEqual(FIFTY.map(page));
    expect(counts().refreshes).toBe(2);
    expect(signedOut).toEqual([]);
  });

  it('goes on after a time without a network in the middle of a refresh', async () => {
    const { ask, pair, stored, signedOut } = await start();
    app.clock.step(HOUR);
    wire.trap('RefreshTokens', 'answer lost');
    wire.trap('RefreshTokens', 'answer lost');
    expect(await ask(1)).toBe('NETWORK_ERROR');
    expect(stored.tokens?.refreshToken).toBe(pair.refreshToken);

    app.clock.step(29);
    expect(await ask(1)).toEqual(page(1));
    expect(signedOut).toEqual([]);
    counts();
  });

  it('is signed out, with the reason, when its refresh token was used by somebody else long ago', async () => {
    const { ask, pair, signedOut } = await start();
    await app.graphql(REFRESH, { input: { refreshToken: pair.refreshToken } });
    app.clock.step(HOUR);
    expect(await all(ask, FIFTY)).toEqual(FIFTY.map(() => 'UNAUTHENTICATED'));
    expect(counts().refreshes).toBe(1);
    expect(signedOut).toEqual(['REFRESH_TOKEN_REUSED']);
  });

  it('stays signed out when the person signs out in the middle of a refresh', async () => {
    const { ask, stored, signedOut } = await start();
    app.clock.step(HOUR);
    const refresh = wire.trap('RefreshTokens', 'answer held');
    const answer = ask(1);
    await refresh.sprung;
    stored.tokens = undefined;
    refresh.release();
    expect(await answer).toBe('UNAUTHENTICATED');
    expect(stored.tokens).toBeUndefined();
    expect(signedOut).toEqual([]);
    counts();
  });

  it('goes on with a new sign-in of another tab when its own session has ended', async () => {
    const { ask, pair, stored, signedOut } = await start();
    await app.graphql(LOGOUT, {}, pair.accessToken);
    const refresh = wire.trap('RefreshTokens', 'answer held');
    const answer = ask(3);
    await refresh.sprung;
    stored.tokens = toTokens(await signIn(app, 'admin'));
    refresh.release();
    expect(await answer).toEqual(page(3));
    expect(signedOut).toEqual([]);
    counts();
  });

  it.runIf(kind === 'urql')('refreshes first where it knows that the token is over', async () => {
    const { ask, pair, stored } = await start();
    stored.tokens = toTokens({ ...pair, expiresIn: 0 });
    expect(await all(ask, FIFTY)).toEqual(FIFTY.map(page));
    expect(counts()).toEqual({ queries: 50, refreshes: 1 });
  });

  it.runIf(kind === 'apollo')('keeps the code of a failure of an operation', async () => {
    const session = { load: () => undefined, save: () => undefined, onSignedOut: () => undefined };
    const client = createApolloClient(wire.url, session, possibleTypes);
    const input = { username: 'nobody', password: 'wrong horse battery' };
    const answer = await client.mutate({ mutation: gql(String(LOGIN)), variables: { input } });
    expect(answer.data).toMatchObject({ login: { code: 'INVALID_CREDENTIALS' } });
  });
});

describe('README.md', () => {
  it('shows the recipes as they are tested', async () => {
    const readme = await readFile('README.md', 'utf8');
    const shown = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
    const read = (name: string) => readFile(`test/clients/recipes/${name}.ts`, 'utf8');
    expect(shown).toEqual(await Promise.all(['tokens', 'apollo', 'urql'].map(read)));
  });
});
