import { useState } from 'react';
import { useMutation, useQuery, useSubscription } from 'urql';
import * as documents from '../shared/documents.ts';
import { afterCode, afterRevoke, afterSignIn, type SignInStep } from '../shared/outcomes.ts';
import { session } from '../shared/session.ts';
import { FIRST_PAGE, Frame, SessionsView, SignInView, UsersView } from '../shared/views.tsx';

const failed = (error: { readonly message: string } | undefined): SignInStep => ({
  kind: 'failed',
  message: error?.message ?? 'There was no answer.',
});

export function SignIn() {
  const [, signIn] = useMutation(documents.SIGN_IN);
  const [, complete] = useMutation(documents.COMPLETE_SIGN_IN);
  return (
    <SignInView
      title="Vestibule with urql"
      signIn={async (username, password) => {
        const { data, error } = await signIn({ input: { username, password } });
        return data ? afterSignIn(data) : failed(error);
      }}
      sendCode={async (challengeToken, code) => {
        const { data, error } = await complete({ input: { challengeToken, code } });
        return data ? afterCode(data) : failed(error);
      }}
      onDone={({ tokens }) => session.save(tokens)}
    />
  );
}

export function Home() {
  const [{ data }] = useQuery({ query: documents.ME });
  const [, signOut] = useMutation(documents.SIGN_OUT);
  // Whether the server heard it or not: this device forgets.
  const leave = () => void signOut({}).finally(() => session.save(undefined));
  return (
    <Frame name={data?.me.username ?? data?.me.email ?? '…'} onSignOut={leave}>
      {data?.me.permissions.includes('users:read') && <Users />}
      <Sessions />
    </Frame>
  );
}

function Users() {
  const [page, setPage] = useState(FIRST_PAGE);
  const [{ data, error }] = useQuery({ query: documents.USERS, variables: page });
  return <UsersView users={data?.users} fault={error?.message} onTurn={setPage} />;
}

function Sessions() {
  const [fault, setFault] = useState<string>();
  const [{ data, error }, refetch] = useQuery({
    query: documents.SESSIONS,
    requestPolicy: 'network-only',
  });
  const [, revoke] = useMutation(documents.REVOKE_SESSION);
  useSubscription({ query: documents.SESSION_REVOKED }, (_before, heard) => {
    if (heard.sessionRevoked.current) session.save(undefined);
    else refetch({ requestPolicy: 'network-only' });
    return heard;
  });
  const end = async (id: string) => {
    const { data: ended, error: refused } = await revoke({ input: { id } });
    setFault(ended ? afterRevoke(ended) : refused?.message);
    refetch({ requestPolicy: 'network-only' });
  };
  return (
    <SessionsView
      sessions={data?.sessions}
      fault={fault ?? error?.message}
      onRevoke={(id) => void end(id)}
    />
  );
}
