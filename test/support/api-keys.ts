import type { CreateApiKeyInput } from '../generated/graphql.ts';
import { CREATE_API_KEY } from './api-key-documents.ts';
import { expectType, type TestApp } from './app.ts';
import { ME } from './documents.ts';

/** A new API key of whoever has the token: its text and what is known of it. */
export async function createKey(
  app: TestApp,
  token: string,
  input: Partial<CreateApiKeyInput> = {},
) {
  const { data } = await app.graphql(CREATE_API_KEY, { input: { name: 'CI', ...input } }, token);
  return expectType(data.createApiKey, 'CreateApiKeyPayload');
}

/** Whether a key is let in at both doors; fails where they disagree. */
export async function opens(app: TestApp, key: string): Promise<boolean> {
  const graphql = (await app.graphql(ME, {}, key)).errors.length === 0;
  const { status } = await app.rest('GET', '/api/auth/me', { token: key });
  if (graphql !== (status === 200)) throw new Error(`GraphQL ${graphql}, REST ${status}`);
  return graphql;
}

interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
}

/** What a document of one field ends with: an error's code, a failure's code, or `ok`. */
export async function endOf(app: TestApp, token: string, query: string): Promise<string> {
  const answer = await app.rest('POST', '/graphql', { body: { query }, token });
  const { data, errors } = answer.body as Answer;
  const result = Object.values(data ?? {})[0] as { code?: string } | null | undefined;
  return errors?.[0]?.extensions.code ?? result?.code ?? (result === null ? 'null' : 'ok');
}
