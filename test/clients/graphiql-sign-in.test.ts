import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { hasBrowser, launchBrowser, watchedPage } from '../support/browser.ts';
import { PASSWORD, registerUser, setUpAdmin, signIn } from '../support/people.ts';
import { codeOf, turnOnTotp } from '../support/totp.ts';

describe.runIf(hasBrowser)('the sign-in of GraphiQL', () => {
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
    await page.goto(`${app.url}/graphql`, { waitUntil: 'commit' });
  });
  afterAll(async () => {
    await browser.close();
    await app.close();
  });

  const tabs = () =>
    expect
      .poll(() => page.locator('.graphiql-tab-button').allInnerTexts(), { timeout: 20_000 })
      .toEqual(['Setup', 'SignIn', 'Me', 'Users']);
  const dialog = () => page.getByRole('dialog', { name: 'Sign in' });
  const enter = async (username: string, password: string) => {
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await dialog().getByLabel('Username or e-mail').fill(username);
    await dialog().getByLabel('Password').fill(password);
    await dialog().getByRole('button', { name: 'Sign in' }).click();
  };
  const run = async (tab: string, expected: RegExp) => {
    await page.getByRole('tab').getByRole('button', { name: tab, exact: true }).click();
    await page.waitForTimeout(500);
    await page.getByRole('button', { name: /^Execute query/ }).click();
    await expect
      .poll(() => page.locator('.graphiql-response .view-lines').innerText(), { timeout: 10_000 })
      .toMatch(expected);
  };

  it('says what is wrong, and keeps what was typed', async () => {
    await tabs();
    await enter('admin', 'a wrong password');
    await expect
      .poll(() => dialog().getByRole('alert').innerText())
      .toBe('Invalid username or password.');
    expect(await dialog().getByLabel('Username or e-mail').inputValue()).toBe('admin');
    await dialog().getByRole('button', { name: 'Cancel' }).click();
  });

  it('puts the token among the headers of every tab', async () => {
    await enter('admin', PASSWORD);
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await tabs();
    await run('Me', /"username":.*"admin"/);
    await run('Users', /"totalCount":.*1/);
  });

  it('takes the token away again, whatever GraphiQL stores while the page goes', async () => {
    await page.evaluate(`{
      const old = localStorage.getItem('graphiql:tabState');
      setInterval(() => localStorage.setItem('graphiql:tabState', old), 0);
    }`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in', exact: true }).waitFor();
    await tabs();
    await run('Me', /"UNAUTHENTICATED"/);
  });

  it('asks for the second factor where there is one', async () => {
    await registerUser(app, 'tess');
    const { accessToken } = await signIn(app, 'tess');
    const { secret } = await turnOnTotp(app, accessToken);
    app.clock.step(60);
    await enter('tess', PASSWORD);
    await dialog().getByLabel(/^Code/).waitFor();
    // Whoever gives up begins with the password again.
    await dialog().getByRole('button', { name: 'Cancel' }).click();
    await enter('tess', PASSWORD);
    await dialog().getByLabel(/^Code/).fill(codeOf(app, secret));
    await dialog().getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await tabs();
    await run('Me', /"username":.*"tess"/);
  });

  it('breaks no rule of its page', () => {
    expect(watched.complaints).toEqual([]);
  });
});
