import { afterAll, beforeAll, expect } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';
import { ask } from '../support/http.ts';
import { dumpTables } from '../support/secrets.ts';
import { createWorld, type World } from './world.ts';

// What browsers send along with a request, by whose page it is for.
export type Headers = Readonly<Record<string, string>>;

export const OWN = 'http://vestibule.test';
const ALLOWED = 'https://app.example.com';
const EVIL = 'https://evil.example';
export const JSON_TYPE = { 'content-type': 'application/json' };

/** What browsers send along for a page of another site, of a sibling, or of no site at all. */
export const FOREIGN: readonly Headers[] = [
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'cross-site', origin: EVIL },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'same-site', origin: 'http://sibling.vestibule.test' },
  { 'sec-fetch-site': 'same-site', origin: `${OWN}:8080` },
  { 'sec-fetch-site': 'same-origin', origin: 'null' },
  { 'sec-fetch-site': 'same-origin, cross-site' },
  { 'sec-fetch-site': '' },
  // Browsers without Sec-Fetch-Site, and addresses to which none sends it.
  { origin: EVIL },
  { origin: 'null' },
  { origin: '' },
  { origin: OWN.replace('http', 'https') },
  { origin: `${OWN}.evil.example` },
  { origin: `${OWN}, ${EVIL}` },
];
/** One of each kind, for what is asked of every route. */
export const KINDS = [1, 3, 8, 9].map((index) => FOREIGN[index]!);
/** A person who opens an address changes nothing by it. */
export const OPENED: Headers = { 'sec-fetch-site': 'none' };
/** What a page of our own sends, and one that is allowed. */
export const FRIENDLY: readonly Headers[] = [
  { 'sec-fetch-site': 'same-origin', origin: OWN },
  { 'sec-fetch-site': 'cross-site', origin: ALLOWED },
  { origin: OWN },
];
/** What a browser sends without asking first. */
export const SIMPLE_TYPES: readonly (Headers | undefined)[] = [
  { 'content-type': 'text/plain' },
  { 'content-type': 'text/plain; x=application/json' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { 'content-type': 'multipart/form-data; boundary=x' },
  undefined,
];

export const REFUSED = /Requests from other sites are refused/;

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body?: string;
}

/** An app with one of everything in it, for the tests of a block, as pages of other sites try to reach it. */
export function attacked() {
  let app: TestApp;
  let world: World;
  beforeAll(async () => {
    app = await startApp({ env: { CORS_ORIGINS: ALLOWED } });
    world = await createWorld(app);
  });
  afterAll(() => app.close());
  return {
    app: () => app,
    world: () => world,
    send: ({ method, path, headers, body }: Asked, more: Headers = {}) =>
      ask(app.url + path, {
        method,
        headers: { ...headers, ...more },
        ...(body !== undefined && { body }),
      }),
    /** Nothing of what `attack` does reaches the database. */
    changesNothing: async (attack: () => Promise<void>) => {
      const before = await dumpTables(app.databaseUrl);
      await attack();
      expect(await dumpTables(app.databaseUrl)).toBe(before);
    },
  };
}
