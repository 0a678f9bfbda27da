import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
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
