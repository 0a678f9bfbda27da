import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { hasBrowser, launchBrowser } from '../../support/browser.ts';
import { registerUser, setUpAdmin, signIn } from '../../support/people.ts';
import type { Answer, FrontEnd } from '../ask.ts';
import { possibleTypes } from '../possible-types.ts';
import { toTokens } from '../recipes/tokens.ts';
import { startWire, type Wire } from '../wire.ts';
import { type Site, startSite } from './site.ts';

const HOUR = 60 * 60;
const FIFTY = Array.from({ length: 50 }, (_, index) => index + 1);

/** What the administrator of two people sees on a page of this size. */
const view = (size: number): Answer => ({ as: 'admin', users: Math.min(size, 2) });

describe.runIf(hasBrowser)('in a browser, on a site of another origin', () => {
  let site: Site;
  let app: TestApp;
  let wire: Wire;
  let browser: Browser;
  beforeAll(async () => {
    site = await startSite();
    app = await startApp({ env: { CORS_ORIGINS: site.origin } });
    wire = await startWire(app.url);
    browser = await launchBrowser();
    await setUpAdmin(app);
    await registerUser(app, 'Ada');
  });
  afterAll(async () => {
    await browser.close();
    await wire.close();
    await app.close();
    await site.close();
  });

  describe.each<FrontEnd>(['apollo', 'urql'])('a front end made with %s', (kind) => {
    let profile: BrowserContext;
    beforeEach(async () => {
      profile = await browser.newContext();
      wire.takePassed();
    });
    afterEach(() => profile.close());

    const openTab = async (): Promise<Page> => {
      const tab = await profile.newPage();
      await tab.goto(site.origin);
      const settings = { kind, url: wire.url, possibleTypes };
      await tab.evaluate((given) => {
        globalThis.tab.start(given.kind, given.url, given.possibleTypes);
      }, settings);
      return tab;
    };
    const signInAt = async (tab: Page) => {
      const tokens = toTokens(await signIn(app, 'admin'));
      await tab.evaluate((given) => globalThis.tab.signIn(given), tokens);
    };
    const ask = (tab: Page, sizes: readonly number[]) =>
      tab.evaluate((given) => globalThis.tab.ask(given), sizes);
    const state = (tab: Page) => tab.evaluate(() => globalThis.tab.state());

    const refreshes = () => wire.takePassed().filter(({ name }) => name === 'RefreshTokens').length;

    it('makes one refresh of fifty queries with an expired token, and gets fifty right answers', async () => {
      const tab = await openTab();
      await signInAt(tab);
      app.clock.step(HOUR);
      expect(await ask(tab, FIFTY)).toEqual(FIFTY.map(view));
      expect(refreshes()).toBe(1);
    });

    it.each([
      ['at the same moment', 0],
      ['10 seconds after the other', 10],
    ])('goes on in both of two tabs when one refreshes %s', async (_when, seconds) => {
      const [one, two] = [await openTab(), await openTab()];
      await signInAt(one);
      expect(await ask(two, [1])).toEqual([view(1)]);

      for (let expiry = 1; expiry <= 2; expiry++) {
        app.clock.step(HOUR);
        const held = [one, two].map(() => wire.trap('RefreshTokens', 'request held'));
        const answers = [one, two].map((tab) => ask(tab, [1, 2, 3]));
        await Promise.all(held.map(({ sprung }) => sprung));
        held[0]!.release();
        if (seconds > 0) await Promise.race(answers);
        app.clock.step(seconds);
        held[1]!.release();
        expect(await Promise.all(answers)).toEqual(Array(2).fill([1, 2, 3].map(view)));
        expect(refreshes()).toBe(2);
      }
      expect(await state(one)).toEqual(await state(two));
      expect((await state(two)).signedOut).toEqual([]);
    });
  });
});
