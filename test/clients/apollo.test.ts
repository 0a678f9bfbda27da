import { gql } from '@apollo/client';
import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { LOGIN } from '../support/documents.ts';
import { PASSWORD } from '../support/people.ts';
import { possibleTypes } from './possible-types.ts';
import { createApolloClient } from '../../examples/recipes/apollo.ts';

it('shows Apollo the code of an expected failure', async () => {
  const app = await startApp();
  const session = { load: () => undefined, save: () => undefined, onSignedOut: () => undefined };
  const client = createApolloClient(`${app.url}/graphql`, session, possibleTypes);
  const variables = { input: { username: 'nobody', password: PASSWORD } };
  const { data } = await client.mutate({ mutation: gql(String(LOGIN)), variables });
  expect(data).toMatchObject({ login: { code: 'INVALID_CREDENTIALS' } });
  await app.close();
});
