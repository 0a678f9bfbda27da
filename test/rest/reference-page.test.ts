import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DIALECTS } from '../../src/doors/rest/mounts.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { hasBrowser, launchBrowser, watchedPage } from '../support/browser.ts';
import { PASSWORD, setUpAdmin, signIn } from '../support/people.ts';

describe.runIf(hasBrowser)('the REST reference in a browser', () => {
  let app: TestApp;
  let browser: Browser;
  let page: Page;
  let watched: Awaited<ReturnType<typeof watchedPage>>;

  beforeAll(async () => {
    app = await startApp();
    await setUpAdmin(app);
    browser = await launchBrowser();
    watched = await watchedPage(browser);
    page = watched.page;
    await page.goto(`${app.url}/compat`);
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  const open = async (dialect: string, route: string) => {
    const details = page.locator(`#${dialect} details`, {
      has: page.getByText(route, { exact: true }),
    });
    await details.first().locator('summary').click();
    return details.first();
  };
  const shoot = async (name: string, of = page) => {
    const folder = process.env['SCREENSHOTS'];
    if (folder) await of.screenshot({ path: `${folder}/${name}.png` });
  };

  it('lists every route of every dialect', async () => {
    const rows = DIALECTS.flatMap(({ rows }) => rows);
    expect(await page.locator('details').count()).toBe(rows.length);
    await shoot('reference');
  });

  it('asks the server what a form says', async () => {
    const login = await open('quazzar-os', '/api/auth/login');
    await login.locator('textarea').fill(JSON.stringify({ username: 'admin', password: PASSWORD }));
    await login.getByRole('button', { name: 'Try it' }).click();
    await expect
      .poll(() => login.locator('output').innerText())
      .toMatch(/^200 OK\n.*access_token/s);
    await login.scrollIntoViewIfNeeded();
    await shoot('reference-login');
  });

  it('says who asks where a token is given', async () => {
    const me = await open('qdash', '/auth/me');
    await page.getByLabel('Bearer token').fill((await signIn(app, 'admin')).accessToken);
    await me.getByRole('button', { name: 'Try it' }).click();
    await expect.poll(() => me.locator('output').innerText()).toContain('"username":"admin"');
  });

  it('copies a line for a shell', async () => {
    const status = await open('dumb', '/api/auth/status');
    await status.getByRole('button', { name: 'Copy' }).click();
    const line = () => page.evaluate('navigator.clipboard.readText()');
    await expect.poll(line).toBe(`curl "${app.url}/compat/dumb/api/auth/status"`);
  });

  it('names the types that each field takes, and nothing between two commas', async () => {
    const takes = await page
      .locator('tr', { hasNot: page.locator('th') })
      .locator('td:nth-child(3)')
      .allTextContents();
    expect(takes).toContain('string, optional');
    expect(takes.filter((text) => /^,|,\s*,/.test(text))).toEqual([]);
  });

  it.each([
    [320, true],
    [390, true],
    [1280, false],
  ])('is as wide as a screen of %d pixels, in which tables scroll: %s', async (width, scroll) => {
    const { page: screen } = await watchedPage(browser);
    await screen.setViewportSize({ width, height: 844 });
    await screen.goto(`${app.url}/compat`);
    await screen.evaluate(
      "document.querySelectorAll('details').forEach((one) => (one.open = true))",
    );
    await screen.locator('#union details').nth(4).scrollIntoViewIfNeeded();
    await shoot(`reference-${width}`, screen);
    expect(await screen.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const scrolls = await screen.evaluate(
      "[...document.querySelectorAll('table')].map(({ parentElement: box }) => box.scrollWidth > box.clientWidth)",
    );
    expect(new Set(scrolls as boolean[])).toEqual(new Set([scroll]));
    await screen.close();
  });

  it('reaches no other host, and nothing of it is blocked', () => {
    expect([...watched.hosts]).toEqual([new URL(app.url).host]);
    expect(watched.complaints).toEqual([]);
  });
});
