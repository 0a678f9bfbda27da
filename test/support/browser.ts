import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { CHROMIUM } from './machine.ts';

/** Whether this machine can run what needs a browser; `skipped.ts` says where it cannot. */
export const hasBrowser = existsSync(CHROMIUM);

/** The installed browser without a window, kept from calling home. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

/** A page, what it complains of, and every host that it asks. */
export async function watchedPage(browser: Browser) {
  const page: Page = await browser.newPage({ permissions: ['clipboard-read', 'clipboard-write'] });
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('request', (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== 'blob:' && protocol !== 'data:') hosts.add(host);
  });
  return { page, complaints, hosts };
}
