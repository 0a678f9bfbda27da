import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql } from '@apollo/client';
import { HttpLink, InMemoryCache, type PossibleTypesMap } from '@apollo/client';
import type { TypedDocumentNode } from '@apollo/client';
import { SetContextLink } from '@apollo/client/link/context';
import { ErrorLink } from '@apollo/client/link/error';
import { from, of, switchMap } from 'rxjs';
import { REFRESH, type RefreshData, type RefreshVariables, renew, type Session } from './tokens.ts';

const mutation: TypedDocumentNode<RefreshData, RefreshVariables> = gql(REFRESH);

/** Without `possibleTypes`, Apollo drops the fields selected on the interface `Error`. */
export function createApolloClient(
  uri: string,
  session: Session,
  possibleTypes: PossibleTypesMap,
): ApolloClient {
  let renewing: Promise<boolean> | undefined;

  const sendRefresh = async (variables: RefreshVariables): Promise<RefreshData> => {
    // `no-cache` keeps the tokens out of the cache: the session stores them.
    const { data } = await client.mutate({ mutation, variables, fetchPolicy: 'no-cache' });
    if (!data) throw new Error('The refresh was not answered.');
    return data;
  };

  /** One refresh for all operations that are refused at the same time. */
  const renewOnce = (refused: string | undefined): Promise<boolean> => {
    renewing ??= renew(session, refused, sendRefresh).finally(() => (renewing = undefined));
    return renewing;
  };

  const authLink = new SetContextLink(({ headers }) => {
    const accessToken = session.load()?.accessToken;
    if (accessToken === undefined) return {};
    return { accessToken, headers: { ...headers, authorization: `Bearer ${accessToken}` } };
  });

  const errorLink = new ErrorLink(({ error, result, operation, forward }) => {
    if (!result || !isUnauthenticated(error)) return undefined;
    // The answer to a forwarded operation does not pass this link again, so there is no loop.
    return from(renewOnce(operation.getContext().accessToken)).pipe(
      switchMap((renewed) => (renewed ? forward(operation) : of(result))),
    );
  });

  const client = new ApolloClient({
    cache: new InMemoryCache({ possibleTypes }),
    link: ApolloLink.from([errorLink, authLink, new HttpLink({ uri })]),
  });
  return client;
}

function isUnauthenticated(error: unknown): boolean {
  if (!CombinedGraphQLErrors.is(error)) return false;
  return error.errors.some(({ extensions }) => extensions?.['code'] === 'UNAUTHENTICATED');
}
