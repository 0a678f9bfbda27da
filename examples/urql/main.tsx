import { StrictMode, useMemo, useSyncExternalStore } from 'react';
import { createRoot } from 'react-dom/client';
import { type Client, Provider, subscriptionExchange } from 'urql';
import { createUrqlClient } from '../recipes/urql.ts';
import { ME } from '../shared/documents.ts';
import { SERVER, session, signedIn } from '../shared/session.ts';
import { createSocket } from '../shared/socket.ts';
import '../shared/style.css';
import { Home, SignIn } from './app.tsx';

const open = () => createUrqlClient(`${SERVER}/graphql`, session, subscriptions());

function subscriptions() {
  // Any question renews tokens that ran out, or signs out.
  const socket = createSocket(SERVER, session, () =>
    open().query(ME, {}, { requestPolicy: 'network-only' }).toPromise(),
  );
  return subscriptionExchange({
    forwardSubscription: ({ query = '', variables }) => ({
      subscribe: (sink) => ({
        unsubscribe: socket.subscribe({ query, ...(variables && { variables }) }, sink as never),
      }),
    }),
  });
}

function App() {
  const isSignedIn = useSyncExternalStore(signedIn.subscribe, signedIn.read);
  // A client for each sign-in: nothing of one person is shown to the next.
  const client = useMemo<Client>(open, [isSignedIn]);
  return <Provider value={client}>{isSignedIn ? <Home /> : <SignIn />}</Provider>;
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
