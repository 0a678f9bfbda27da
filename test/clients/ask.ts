import { CombinedGraphQLErrors, gql } from '@apollo/client';
import type { PossibleTypesMap, TypedDocumentNode } from '@apollo/client';
import type { CombinedError } from '@urql/core';
import { graphql } from '../generated/gql.ts';
import type { PageQuery, PageQueryVariables } from '../generated/graphql.ts';
import { createApolloClient } from '../../examples/recipes/apollo.ts';
import type { Session } from '../../examples/recipes/tokens.ts';
import { createUrqlClient } from '../../examples/recipes/urql.ts';

const PAGE = graphql(`
  query Page($first: Int!) {
    me {
      username
    }
    users(first: $first) {
      edges {
        node {
          username
        }
      }
    }
  }
`);
const query: TypedDocumentNode<PageQuery, PageQueryVariables> = gql(String(PAGE));

/** The users that a page of this size shows, as the person signed in; or the code of what failed. */
export type Ask = (first: number) => Promise<Answer>;

export type Answer = { readonly as: string | null; readonly users: number } | string;

/** A front end of each kind, as its recipe makes it. */
export const FRONT_ENDS = {
  apollo: (url: string, session: Session, possibleTypes: PossibleTypesMap): Ask => {
    const client = createApolloClient(url, session, possibleTypes);
    return async (first) => {
      try {
        const options = { query, variables: { first }, fetchPolicy: 'network-only' } as const;
        const { data } = await client.query(options);
        return toAnswer(data);
      } catch (error) {
        return CombinedGraphQLErrors.is(error) ? codes(error.errors) : 'NETWORK_ERROR';
      }
    };
  },
  urql: (url: string, session: Session): Ask => {
    const client = createUrqlClient(url, session);
    return async (first) => {
      const options = { requestPolicy: 'network-only' } as const;
      const { data, error } = await client.query(query, { first }, options).toPromise();
      return error ? urqlCodes(error) : toAnswer(data);
    };
  },
};

export type FrontEnd = keyof typeof FRONT_ENDS;

function toAnswer(data: PageQuery | undefined): Answer {
  if (!data) return 'NO_DATA';
  return { as: data.me.username, users: data.users.edges.length };
}

function urqlCodes({ graphQLErrors }: CombinedError): string {
  return graphQLErrors.length > 0 ? codes(graphQLErrors) : 'NETWORK_ERROR';
}

function codes(errors: readonly { readonly extensions?: Record<string, unknown> }[]): string {
  return [...new Set(errors.map(({ extensions }) => String(extensions?.['code'])))].join();
}
