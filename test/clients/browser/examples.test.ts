import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../../support/app.ts';
import { hasBrowser, launchBrowser } from '../../support/browser.ts';
import { ME, REVOKE_OTHER_SESSIONS } from '../../support/documents.ts';
import { PASSWORD, registerUser, setUpAdmin, signIn } from '../../support/people.ts';
import { codeOf, turnOnTotp } from '../../support/totp.ts';
import { startExample } from './built-site.ts';

const HOUR = 60 * 60;

describe.runIf(hasBrowser).each(['apollo', 'urql'] as const)('examples/%s', (name) => {
  let app: TestApp;
  let site: Awaited<ReturnType<typeof startExample>>;
  let browser: Browser;
  let profile: BrowserContext;
  let tab: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    site = await startExample(name);
    app = await startApp({ env: { CORS_ORIGINS: site.origin } });
    await site.build(app.url);
    browser = await launchBrowser();
    profile = await browser.newContext({ viewport: { width: 1000, height: 900 } });
    await setUpAdmin(app);
    for (let n = 10; n < 25; n++) await registerUser(app, `person${n}`);
    tab = await openTab();
  });
  afterAll(async () => {
    await browser.close();
    await site.close();
    await app.close();
  });

  async function openTab(): Promise<Page> {
    const opened = await profile.newPage();
    opened.on('pageerror', (error) => complaints.push(error.message));
    await opened.goto(site.origin);
    return opened;
  }
  const fillIn = async (page: Page, username: string, password = PASSWORD) => {
    await page.getByLabel('Username or e-mail address').fill(username);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  const namesIn = (page: Page) => page.locator('tbody tr td:first-child').allInnerTexts();
  const devicesIn = (page: Page) => page.getByRole('listitem');

  it('tells a wrong password in the words of the server', async () => {
    await fillIn(tab, 'admin', 'not the password');
    await expect
      .poll(() => tab.getByRole('alert').innerText())
      .toBe('Invalid username or password.');
  });

  it('signs in and turns the pages of the users, there and back', async () => {
    await fillIn(tab, 'admin');
    await expect.poll(() => namesIn(tab)).toHaveLength(10);
    const first = await namesIn(tab);
    await tab.getByRole('button', { name: 'Next' }).click();
    await expect.poll(() => namesIn(tab)).toHaveLength(6);
    const second = await namesIn(tab);
    expect(first.filter((person) => second.includes(person))).toEqual([]);
    await tab.getByRole('button', { name: 'Previous' }).click();
    await expect.poll(() => namesIn(tab)).toEqual(first);
    const folder = process.env['SCREENSHOTS'];
    if (folder) await tab.screenshot({ path: `${folder}/${name}.png` });
  });

  it('goes on in both of two tabs after the access token ran out', async () => {
    const other = await openTab();
    await expect.poll(() => namesIn(other)).toHaveLength(10);
    app.clock.step(HOUR);
    for (const page of [tab, other]) {
      await page.getByRole('button', { name: 'Next' }).click();
      await expect.poll(() => namesIn(page)).toHaveLength(6);
    }
    await other.close();
  });

  it('shows a further session, and signs it out', async () => {
    const { accessToken } = await signIn(app, 'admin');
    await tab.reload();
    // With the one that setup began.
    await expect.poll(() => devicesIn(tab).count()).toBe(3);
    await tab.getByRole('button', { name: 'Sign it out' }).first().click();
    await expect.poll(() => devicesIn(tab).count()).toBe(2);
    const { errors } = await app.graphql(ME, {}, accessToken);
    expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('is signed out the moment another device ends its session', async () => {
    const { accessToken } = await signIn(app, 'admin');
    await app.graphql(REVOKE_OTHER_SESSIONS, {}, accessToken);
    await expect.poll(() => tab.getByLabel('Password').count(), { timeout: 10_000 }).toBe(1);
  });

  it('asks for the second factor, and says so when a code is wrong', async () => {
    const { accessToken } = await signIn(app, 'person10');
    const { secret } = await turnOnTotp(app, accessToken);
    app.clock.step(60);
    await fillIn(tab, 'person10');
    await tab.getByLabel('Code of your authenticator app').fill('000000');
    await tab.getByRole('button', { name: 'Send the code' }).click();
    await expect.poll(() => tab.getByRole('alert').innerText()).toContain('code is not right');
    await tab.getByLabel('Code of your authenticator app').fill(codeOf(app, secret));
    await tab.getByRole('button', { name: 'Send the code' }).click();
    await expect.poll(() => devicesIn(tab).count()).toBeGreaterThan(0);
    // Nobody but those who look after others sees the users.
    expect(await tab.getByRole('table').count()).toBe(0);
  });

  it('signs out in every tab at once', async () => {
    const other = await openTab();
    await expect.poll(() => devicesIn(other).count()).toBeGreaterThan(0);
    await tab.getByRole('button', { name: 'Sign out' }).click();
    for (const page of [tab, other]) {
      await expect.poll(() => page.getByLabel('Password').count()).toBe(1);
    }
    expect(complaints).toEqual([]);
  });
});
