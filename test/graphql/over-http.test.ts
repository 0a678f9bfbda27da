import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.ts';

/** The audits of the reference implementation, MUST, SHOULD and MAY alike. */
const AUDITS = serverAudits({ url: 'set below' }).map(({ id, name }) => ({ id, name }));

describe('GraphQL over HTTP, as graphql-http audits it', () => {
  let app: TestApp;
  let audits: ReturnType<typeof serverAudits>;
  beforeAll(async () => {
    app = await startApp();
    audits = serverAudits({ url: `${app.url}/graphql` });
  });
  afterAll(() => app.close());

  it.each(AUDITS)('$id $name', async ({ id }) => {
    const result = await audits.find((audit) => audit.id === id)!.fn();
    expect('reason' in result ? result.reason : result.status).toBe('ok');
  });
});
