import { ApolloClient, ApolloLink, InMemoryCache } from '@apollo/client';
import { OperationTypeNode } from 'graphql';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { ApolloProvider } from '@apollo/client/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import fragments from '../generated/possible-types.ts';
import { createApolloClient } from '../recipes/apollo.ts';
import { ME } from '../shared/documents.ts';
import { SERVER, session } from '../shared/session.ts';
import { createSocket } from '../shared/socket.ts';
import '../shared/style.css';
import { App } from './app.tsx';

const { possibleTypes } = fragments;
const http = createApolloClient(`${SERVER}/graphql`, session, possibleTypes);
// Any question renews tokens that ran out, or signs out.
const socket = createSocket(SERVER, session, () =>
  http.query({ query: ME, fetchPolicy: 'network-only' }),
);

const client = new ApolloClient({
  cache: new InMemoryCache({ possibleTypes }),
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    new GraphQLWsLink(socket),
    http.link,
  ),
});

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <ApolloProvider client={client}>
      <App onSignedOut={() => void client.clearStore()} />
    </ApolloProvider>
  </StrictMode>,
);
