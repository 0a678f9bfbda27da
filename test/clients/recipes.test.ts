import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PLAIN_ACCEPT } from '../../src/doors/graphql/request.ts';
import { expectType } from '../support/app.ts';
import { LOGOUT, ME, REFRESH } from '../support/documents.ts';
import { signIn } from '../support/people.ts';
import type { FrontEnd } from './ask.ts';
import { toTokens } from '../../examples/recipes/tokens.ts';
import { askAll, FIFTY, HOUR, page, type Stage, startStage } from './stage.ts';

describe.each<FrontEnd>(['apollo', 'urql'])('a front end made with %s', (kind) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await startStage();
  });
  afterAll(() => stage.close());

  it('makes one refresh of fifty queries with an expired token, and gets fifty right answers', async () => {
    const { ask, signedOut } = await stage.open(kind);
    stage.app.clock.step(HOUR);
    expect(await askAll(ask, FIFTY)).toEqual(FIFTY.map(page));
    expect(stage.counts()).toEqual({ queries: 100, refreshes: 1 });
    expect(signedOut).toEqual([]);
  });

  it('refreshes although it sends the expired access token along', async () => {
    const { ask, pair } = await stage.open(kind);
    stage.app.clock.step(HOUR);
    expect(await ask(2)).toEqual(page(2));
    const refresh = stage.wire.takePassed().find(({ name }) => name === 'RefreshTokens');
    expect(refresh?.authorization).toBe(`Bearer ${pair.accessToken}`);
  });

  it('does not refresh again for a refusal that comes after the refresh', async () => {
    const { ask } = await stage.open(kind);
    stage.app.clock.step(HOUR);
    const late = stage.wire.trap('Page', 'answer held');
    const first = ask(1);
    await late.sprung;
    expect(await ask(2)).toEqual(page(2));
    late.release();
    expect(await first).toEqual(page(1));
    expect(stage.counts()).toEqual({ queries: 4, refreshes: 1 });
  });

  it('is signed out once, and tries no further, when its session was ended', async () => {
    const { ask, pair, stored, signedOut } = await stage.open(kind);
    await stage.app.graphql(LOGOUT, {}, pair.accessToken);
    expect(await askAll(ask, FIFTY)).toEqual(FIFTY.map(() => 'UNAUTHENTICATED'));
    expect(stage.counts().refreshes).toBe(1);
    expect(signedOut).toEqual(['REFRESH_TOKEN_INVALID']);
    expect(stored.tokens).toBeUndefined();

    expect(await ask(1)).toBe('UNAUTHENTICATED');
    expect(stage.counts().refreshes).toBe(0);
    expect(signedOut).toHaveLength(1);
  });

  it('goes on when the answer to a refresh is lost on the way', async () => {
    const { ask, signedOut } = await stage.open(kind);
    stage.app.clock.step(HOUR);
    stage.wire.trap('RefreshTokens', 'answer lost');
    expect(await askAll(ask, FIFTY)).toEqual(FIFTY.map(page));
    expect(stage.counts().refreshes).toBe(2);
    expect(signedOut).toEqual([]);
  });

  it('goes on after a time without a network in the middle of a refresh', async () => {
    const { ask, pair, stored, signedOut } = await stage.open(kind);
    stage.app.clock.step(HOUR);
    stage.wire.trap('RefreshTokens', 'answer lost');
    stage.wire.trap('RefreshTokens', 'answer lost');
    expect(await ask(1)).toBe('NETWORK_ERROR');
    expect(stored.tokens?.refreshToken).toBe(pair.refreshToken);

    stage.app.clock.step(29);
    expect(await ask(1)).toEqual(page(1));
    expect(signedOut).toEqual([]);
  });

  it('is signed out, with the reason, when its refresh token was used by somebody else long ago', async () => {
    const { ask, pair, signedOut } = await stage.open(kind);
    const input = { refreshToken: pair.refreshToken };
    const { data } = await stage.app.graphql(REFRESH, { input });
    await stage.app.graphql(ME, {}, expectType(data.refresh, 'AuthPayload').accessToken);
    stage.app.clock.step(HOUR);
    expect(await askAll(ask, FIFTY)).toEqual(FIFTY.map(() => 'UNAUTHENTICATED'));
    expect(stage.counts().refreshes).toBe(1);
    expect(signedOut).toEqual(['REFRESH_TOKEN_REUSED']);
  });

  it('stays signed out when the person signs out in the middle of a refresh', async () => {
    const { ask, stored, signedOut } = await stage.open(kind);
    stage.app.clock.step(HOUR);
    const refresh = stage.wire.trap('RefreshTokens', 'answer held');
    const answer = ask(1);
    await refresh.sprung;
    stored.tokens = undefined;
    refresh.release();
    expect(await answer).toBe('UNAUTHENTICATED');
    expect(stored.tokens).toBeUndefined();
    expect(signedOut).toEqual([]);
  });

  it('goes on with a new sign-in of another tab when its own session has ended', async () => {
    const { ask, pair, stored, signedOut } = await stage.open(kind);
    await stage.app.graphql(LOGOUT, {}, pair.accessToken);
    const refresh = stage.wire.trap('RefreshTokens', 'answer held');
    const answer = ask(3);
    await refresh.sprung;
    stored.tokens = toTokens(await signIn(stage.app, 'admin'));
    refresh.release();
    expect(await answer).toEqual(page(3));
    expect(signedOut).toEqual([]);
  });

  it('asks for what the short cut answers', async () => {
    const { ask } = await stage.open(kind);
    await ask(1);
    const [query] = stage.wire.takePassed();
    expect(PLAIN_ACCEPT.get(query?.accept)).toBe('application/graphql-response+json');
  });
});

describe('docs/clients.md', () => {
  it('shows the recipes as they are tested', async () => {
    const page = await readFile('docs/clients.md', 'utf8');
    const shown = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
    const read = (name: string) => readFile(`examples/recipes/${name}.ts`, 'utf8');
    expect(shown).toEqual(await Promise.all(['tokens', 'apollo', 'urql'].map(read)));
  });
});
