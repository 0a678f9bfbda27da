import { isDeepStrictEqual } from 'node:util';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasBrowser, launchBrowser } from '../../support/browser.ts';
import { signIn } from '../../support/people.ts';
import type { FrontEnd } from '../ask.ts';
import { possibleTypes } from '../possible-types.ts';
import { toTokens } from '../../../examples/recipes/tokens.ts';
import { FIFTY, HOUR, page, type Stage, startStage } from '../stage.ts';
import { type Site, startSite } from './site.ts';

describe.runIf(hasBrowser)('in a browser, on a site of another origin', () => {
  let site: Site;
  let stage: Stage;
  let browser: Browser;
  beforeAll(async () => {
    site = await startSite();
    stage = await startStage({ CORS_ORIGINS: site.origin });
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
    await stage.close();
    await site.close();
  });

  it('lets a page say which client it is, as Apollo does', async () => {
    const tab = await browser.newPage();
    await tab.goto(site.origin);
    const isAnswered = tab.evaluate(async (url) => {
      const { ok } = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'apollographql-client-name': 'front end',
          'apollographql-client-version': '1',
        },
        body: '{ "query": "{ __typename }" }',
      });
      return ok;
    }, stage.wire.url);
    await expect(isAnswered).resolves.toBe(true);
    await tab.close();
  });

  describe.each<FrontEnd>(['apollo', 'urql'])('a front end made with %s', (kind) => {
    let profile: BrowserContext;
    beforeEach(async () => {
      profile = await browser.newContext();
      stage.counts();
    });
    afterEach(() => profile.close());

    const openTab = async (): Promise<Page> => {
      const tab = await profile.newPage();
      await tab.goto(site.origin);
      const settings = { kind, url: stage.wire.url, possibleTypes };
      await tab.evaluate((given) => {
        globalThis.tab.start(given.kind, given.url, given.possibleTypes);
      }, settings);
      return tab;
    };
    const signInAt = async (tab: Page) => {
      const tokens = toTokens(await signIn(stage.app, 'admin'));
      await tab.evaluate((given) => globalThis.tab.signIn(given), tokens);
    };
    const ask = (tab: Page, sizes: readonly number[]) =>
      tab.evaluate((given) => globalThis.tab.ask(given), sizes);
    const state = (tab: Page) => tab.evaluate(() => globalThis.tab.state());

    it('makes one refresh of fifty queries with an expired token, and gets fifty right answers', async () => {
      const tab = await openTab();
      await signInAt(tab);
      stage.app.clock.step(HOUR);
      expect(await ask(tab, FIFTY)).toEqual(FIFTY.map(page));
      expect(stage.counts().refreshes).toBe(1);
    });

    it.each([
      ['at the same moment', 0],
      ['10 seconds after the other', 10],
    ])('goes on in both of two tabs when one refreshes %s', async (_when, seconds) => {
      const [one, two] = [await openTab(), await openTab()];
      await signInAt(one);
      expect(await ask(two, [1])).toEqual([page(1)]);

      for (let expiry = 1; expiry <= 2; expiry++) {
        stage.app.clock.step(HOUR);
        const held = [one, two].map(() => stage.wire.trap('RefreshTokens', 'request held'));
        const answers = [one, two].map((tab) => ask(tab, [1, 2, 3]));
        await Promise.all(held.map(({ sprung }) => sprung));
        held[0]!.release();
        if (seconds > 0) await Promise.race(answers);
        stage.app.clock.step(seconds);
        held[1]!.release();
        expect(await Promise.all(answers)).toEqual(Array(2).fill([1, 2, 3].map(page)));
        expect(stage.counts().refreshes).toBe(2);
      }
      // One tab sees what the other has stored a moment later.
      const states = () => Promise.all([state(one), state(two)]);
      await expect.poll(async () => isDeepStrictEqual(...(await states()))).toBe(true);
      expect((await state(two)).signedOut).toEqual([]);
    });
  });
});
