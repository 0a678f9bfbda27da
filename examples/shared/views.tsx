import { type FormEvent, type ReactNode, useState } from 'react';
import type { SessionsQuery, UsersQuery, UsersQueryVariables } from '../generated/graphql.ts';
import type { SignInStep } from './outcomes.ts';

// What both front ends show. How they ask is theirs: apollo/ and urql/.

const PAGE_SIZE = 10;
export const FIRST_PAGE: UsersQueryVariables = { first: PAGE_SIZE };

interface SignInProps {
  readonly title: string;
  readonly signIn: (username: string, password: string) => Promise<SignInStep>;
  readonly sendCode: (challengeToken: string, code: string) => Promise<SignInStep>;
  readonly onDone: (step: SignInStep & { readonly kind: 'done' }) => void;
}

export function SignInView({ title, signIn, sendCode, onDone }: SignInProps) {
  const [challenge, setChallenge] = useState<string>();
  const [fault, setFault] = useState<string>();

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const field = (name: string) => form.get(name) as string;
    try {
      const step = challenge
        ? await sendCode(challenge, field('code'))
        : await signIn(field('username'), field('password'));
      setFault(step.kind === 'failed' ? step.message : undefined);
      if (step.kind === 'code') setChallenge(step.challengeToken);
      if (step.kind === 'done') onDone(step);
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  };

  return (
    <main className="narrow">
      <h1>{title}</h1>
      <form onSubmit={(event) => void submit(event)} key={challenge ?? 'password'}>
        {challenge ? (
          <Field name="code" label="Code of your authenticator app" autoComplete="one-time-code" />
        ) : (
          <>
            <Field name="username" label="Username or e-mail address" autoComplete="username" />
            <Field
              name="password"
              label="Password"
              type="password"
              autoComplete="current-password"
            />
          </>
        )}
        <Fault>{fault}</Fault>
        <button type="submit">{challenge ? 'Send the code' : 'Sign in'}</button>
      </form>
    </main>
  );
}

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly type?: string;
  readonly autoComplete: string;
}

function Field({ label, ...input }: FieldProps) {
  return (
    <label>
      {label}
      <input required {...input} />
    </label>
  );
}

interface FrameProps {
  readonly name: string;
  readonly onSignOut: () => void;
  readonly children: ReactNode;
}

export function Frame({ name, onSignOut, children }: FrameProps) {
  return (
    <>
      <header>
        <span>
          Signed in as <strong>{name}</strong>
        </span>
        <button onClick={onSignOut}>Sign out</button>
      </header>
      <main>{children}</main>
    </>
  );
}

interface UsersProps {
  readonly users: UsersQuery['users'] | undefined;
  readonly fault: string | undefined;
  readonly onTurn: (page: UsersQueryVariables) => void;
}

export function UsersView({ users, fault, onTurn }: UsersProps) {
  const info = users?.pageInfo;
  return (
    <section aria-label="Users">
      <h2>Users</h2>
      <Fault>{fault}</Fault>
      <table>
        <thead>
          <tr>
            <th>Name</th>
            <th>E-mail address</th>
            <th>Role</th>
            <th>Since</th>
          </tr>
        </thead>
        <tbody>
          {users?.edges.map(({ node }) => (
            <tr key={node.id} className={node.disabled ? 'disabled' : ''}>
              <td>{node.username}</td>
              <td>{node.email}</td>
              <td>{node.systemRole.toLowerCase()}</td>
              <td>{new Date(node.createdAt).toLocaleDateString()}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <nav>
        <button
          disabled={!info?.hasPreviousPage}
          onClick={() => onTurn({ last: PAGE_SIZE, before: info?.startCursor ?? null })}
        >
          Previous
        </button>
        <button
          disabled={!info?.hasNextPage}
          onClick={() => onTurn({ first: PAGE_SIZE, after: info?.endCursor ?? null })}
        >
          Next
        </button>
      </nav>
    </section>
  );
}

interface SessionsProps {
  readonly sessions: SessionsQuery['sessions'] | undefined;
  readonly fault: string | undefined;
  readonly onRevoke: (id: string) => void;
}

export function SessionsView({ sessions, fault, onRevoke }: SessionsProps) {
  return (
    <section aria-label="Sessions">
      <h2>Where you are signed in</h2>
      <Fault>{fault}</Fault>
      <ul>
        {sessions?.map(({ id, current, userAgent, ipAddress, lastSeenAt }) => (
          <li key={id}>
            <span>
              {userAgent ?? 'An unknown device'}
              <small>
                {ipAddress}, last seen {new Date(lastSeenAt).toLocaleString()}
              </small>
            </span>
            {current ? (
              <em>this one</em>
            ) : (
              <button onClick={() => onRevoke(id)}>Sign it out</button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Fault({ children }: { readonly children: string | undefined }) {
  return children === undefined ? null : <p role="alert">{children}</p>;
}
