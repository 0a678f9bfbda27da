import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { hasBrowser, launchBrowser, watchedPage } from '../support/browser.ts';

describe.runIf(hasBrowser)('GraphiQL in a browser', () => {
  let app: TestApp;
  let browser: Browser;
  let page: Page;
  let watched: Awaited<ReturnType<typeof watchedPage>>;

  beforeAll(async () => {
    app = await startApp();
    browser = await launchBrowser();
    watched = await watchedPage(browser);
    page = watched.page;
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  const openTab = async (name: string) => {
    await page.getByRole('tab').getByRole('button', { name, exact: true }).click();
    await expect
      .poll(() => page.locator('.graphiql-query-editor .view-lines').innerText())
      .toContain(name);
    // GraphiQL reads the operation's name from the editor only after a pause in its changes.
    await page.waitForTimeout(500);
  };
  /** What the response pane shows once the tab has been run. */
  const run = async (expected: RegExp) => {
    await page.getByRole('button', { name: /^Execute query/ }).click();
    await expect.poll(response, { timeout: 10_000 }).toMatch(expected);
    return response();
  };
  /** The editor keeps only the lines that are in sight in the page, and spaces as no-break spaces. */
  const response = async () =>
    (await page.locator('.graphiql-response .view-lines').innerText()).replaceAll('\u00a0', ' ');

  it('opens on the four tabs of a first run', async () => {
    const answer = await page.goto(`${app.url}/graphql`);
    expect(answer?.status()).toBe(200);
    await expect
      .poll(() => page.locator('.graphiql-tab-button').allInnerTexts())
      .toEqual(['Setup', 'SignIn', 'Me', 'Users']);
    expect(await page.title()).toBe('Vestibule');
  });

  it('makes the administrator when the first one is run', async () => {
    const shown = await run(/"accessToken"/);
    expect(shown).toMatch(/"__typename": "AuthPayload"/);
    expect(
      await app.services.db.prisma.user.findMany({ select: { username: true, systemRole: true } }),
    ).toEqual([{ username: 'admin', systemRole: 'ADMIN' }]);
  });

  it('says so when it is run once more', async () => {
    await openTab('Me');
    await openTab('Setup');
    await run(/"code": "SETUP_DONE"/);
  });

  it('answers who I am, once the token is among the headers', async () => {
    const { accessToken } = await signInByTab();
    await openTab('Me');
    await run(/"code": "UNAUTHENTICATED"/);
    await replaceHeaders(accessToken);
    expect(await run(/"username": "admin"/)).toMatch(/"systemRole": "ADMIN"/);

    await openTab('Users');
    await replaceHeaders(accessToken);
    await run(/"totalCount": 1/);
  });

  it('knows the schema', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await expect
      .poll(() => page.locator('.graphiql-doc-explorer').innerText())
      .toContain('Mutation');
  });

  it('asked nobody else and broke no rule of its page', () => {
    expect([...watched.hosts]).toEqual([new URL(app.url).host]);
    expect(watched.complaints).toEqual([]);
  });

  /** Runs the tab and takes the token off the wire: on the page it is folded over several lines. */
  async function signInByTab(): Promise<{ accessToken: string }> {
    await openTab('SignIn');
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await run(/"accessToken"/);
    const body = (await (await answered).json()) as { data: { login: { accessToken: string } } };
    return body.data.login;
  }

  async function replaceHeaders(token: string): Promise<void> {
    const headers = JSON.stringify({ Authorization: `Bearer ${token}` });
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(headers)})`);
    await page.locator('.graphiql-editor-tool .view-lines:visible').click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Control+V');
  }
});
