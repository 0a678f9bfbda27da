import { ask } from './http.ts';
import type { TypedDocumentString } from '../generated/graphql.ts';

/** Sends a document to any server; throws where it answers anything but data. */
export async function send<T, V>(
  url: string,
  document: TypedDocumentString<T, V>,
  variables: V,
  token?: string,
): Promise<T> {
  const answer = await ask(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query: String(document), variables }),
  });
  const { data, errors } = JSON.parse(answer.text) as { data: T; errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}
