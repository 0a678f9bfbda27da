import fc from 'fast-check';
import { isPlainPath } from '../../src/doors/http/plain-path.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exchange, expectTidy, type WireAnswer } from '../http/wire.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { providers } from '../support/database.ts';
import { type Cast, casting, expectNoSecret, type Person } from '../support/fuzz.ts';
import { setUpAdmin } from '../support/people.ts';
import { type Fuzzed, fuzzed, ROOT } from './fuzz-requests.ts';

/** Of all databases together. The long form is FUZZ_REQUESTS=200000. */
const REQUESTS = Number(process.env['FUZZ_REQUESTS'] ?? 2000) / providers.length;
const isText = (value: unknown) => typeof value === 'string' && value.length > 0;
const isFault = (value: unknown) => {
  const { type, loc, msg } = value as Readonly<Record<string, unknown>>;
  return isText(type) && Array.isArray(loc) && isText(msg);
};
const hasDetail = ({ detail }: Readonly<Record<string, unknown>>) =>
  Array.isArray(detail) ? detail.length > 0 && detail.every(isFault) : isText(detail);

/** Whether a body is an error as the clients of a dialect read it. */
const ERRORS_OF: Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => boolean>> = {
  qdash: hasDetail,
  dumb: hasDetail,
  lncrawl: (body) =>
    hasDetail(body) && (Array.isArray(body['detail']) || body['error'] === body['detail']),
  'quazzar-os': ({ error }) => isText(error),
  'quazzar-panel': ({ error }) => isText(error),
  dukatia: ({ error }) => isText(error),
  union: (body) => hasDetail(body) && isText(body['error']),
};

function expectShape({ dialect, path }: Fuzzed, answer: WireAnswer): void {
  const { status, headers, text, body } = answer;
  if (status === 204) return expect(text).toBe('');
  if (status < 300) {
    expect([200, 201]).toContain(status);
    expect(headers['content-type']).toMatch(/^application\/json/);
    // Dukatia's changes say nothing, in JSON.
    if (dialect !== 'dukatia' || text !== '') expect(body).toBeDefined();
    return;
  }
  if (status === 503) return expect(text).toContain('busy');
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  // What is at no path of theirs is answered by nobody's document.
  const isNowhere = status === 404 && !(path.startsWith('/compat/') && isPlainPath(path));
  if (isNowhere && headers['content-type']?.startsWith('application/problem+json')) return;
  expect(headers['content-type']).toMatch(/^application\/json/);
  expect(ERRORS_OF[dialect]!(body as Readonly<Record<string, unknown>>), 'the shape').toBe(true);
  expect(headers['allow'] !== undefined).toBe(status === 405);
}

describe.each(providers)('whatever is sent to any route of any dialect on %s', (provider) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ provider, env: { REST_ROOT: ROOT.join(',') } });
    await setUpAdmin(app, 'the first');
  });
  afterAll(() => app.close());

  const castForRequest = casting(() => app, REQUESTS);

  async function send(people: Cast, { as, method, path, headers, body }: Fuzzed) {
    const person = people[as === 'stranger' ? 'user' : as];
    const fill = (text: string, spell = (value: string) => value) =>
      text.replace(/<<(\w+)>>/g, (_all, hole: keyof Person) => spell(person[hole]));
    // The bytes that are no UTF-8 stay what they are.
    const encoding = body?.includes('\x80\xff') ? 'latin1' : 'utf8';
    const bytes = body === undefined ? undefined : Buffer.from(fill(body), encoding);
    const isChunked = 'transfer-encoding' in headers;
    return exchange(app.url, {
      method,
      path: fill(path, encodeURIComponent),
      headers: {
        ...Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, fill(v)])),
        ...(bytes && !isChunked && { 'content-length': bytes.byteLength }),
      },
      ...(bytes && { body: bytes }),
    });
  }

  it(
    'is answered in its shape, without a fault of ours and without a secret',
    { timeout: 60_000 + REQUESTS * 40 },
    async () => {
      const property = fc.asyncProperty(fuzzed, async (request) => {
        const people = await castForRequest();
        const answer = await send(people, request);
        expectShape(request, answer);
        expectTidy(answer);
        expect(answer.headers['cache-control']).toBe('no-store');
        expectNoSecret(people, answer.text + JSON.stringify(answer.headers));
        const logged = app.logged.splice(0);
        expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
        expectNoSecret(people, JSON.stringify(logged));
      });
      await fc.assert(property, { numRuns: Math.ceil(REQUESTS) });
    },
  );
});
