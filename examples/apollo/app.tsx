import { useMutation, useQuery, useSubscription } from '@apollo/client/react';
import { useEffect, useState, useSyncExternalStore } from 'react';
import * as documents from '../shared/documents.ts';
import { afterCode, afterRevoke, afterSignIn } from '../shared/outcomes.ts';
import { session, signedIn } from '../shared/session.ts';
import { FIRST_PAGE, Frame, SessionsView, SignInView, UsersView } from '../shared/views.tsx';

interface AppProps {
  /** Nothing of one person may be shown to the next. */
  readonly onSignedOut: () => void;
}

export function App({ onSignedOut }: AppProps) {
  const isSignedIn = useSyncExternalStore(signedIn.subscribe, signedIn.read);
  useEffect(() => {
    if (!isSignedIn) onSignedOut();
  }, [isSignedIn, onSignedOut]);
  return isSignedIn ? <Home /> : <SignIn />;
}

function SignIn() {
  const [signIn] = useMutation(documents.SIGN_IN);
  const [complete] = useMutation(documents.COMPLETE_SIGN_IN);
  return (
    <SignInView
      title="Vestibule with Apollo Client"
      signIn={async (username, password) => {
        const { data } = await signIn({ variables: { input: { username, password } } });
        return afterSignIn(data!);
      }}
      sendCode={async (challengeToken, code) => {
        const { data } = await complete({ variables: { input: { challengeToken, code } } });
        return afterCode(data!);
      }}
      onDone={({ tokens }) => session.save(tokens)}
    />
  );
}

function Home() {
  const { data } = useQuery(documents.ME);
  const [signOut] = useMutation(documents.SIGN_OUT);
  const leave = () => {
    // Whether the server heard it or not: this device forgets.
    void signOut()
      .catch(() => undefined)
      .then(() => session.save(undefined));
  };
  return (
    <Frame name={data?.me.username ?? data?.me.email ?? '…'} onSignOut={leave}>
      {data?.me.permissions.includes('users:read') && <Users />}
      <Sessions />
    </Frame>
  );
}

function Users() {
  const [page, setPage] = useState(FIRST_PAGE);
  const { data, previousData, error } = useQuery(documents.USERS, { variables: page });
  return (
    <UsersView users={(data ?? previousData)?.users} fault={error?.message} onTurn={setPage} />
  );
}

function Sessions() {
  const [fault, setFault] = useState<string>();
  const { data, error, refetch } = useQuery(documents.SESSIONS, { fetchPolicy: 'network-only' });
  const [revoke] = useMutation(documents.REVOKE_SESSION);
  useSubscription(documents.SESSION_REVOKED, {
    onData: ({ data: { data: heard } }) => {
      if (heard?.sessionRevoked.current) session.save(undefined);
      // What it is refused with stands in `error`.
      else refetch().catch(() => undefined);
    },
  });
  const end = async (id: string) => {
    const { data: ended } = await revoke({ variables: { input: { id } } });
    setFault(afterRevoke(ended!));
    await refetch();
  };
  return (
    <SessionsView
      sessions={data?.sessions}
      fault={fault ?? error?.message}
      onRevoke={(id) => void end(id).catch((thrown: Error) => setFault(thrown.message))}
    />
  );
}
