export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Milliseconds by the clock of this device: a hint, because the server decides. */
  readonly expiresAt: number;
}

/** The storage of a front end for its tokens. */
export interface Session {
  /** Reads storage that all tabs share, on every call: another tab may have refreshed. */
  readonly load: () => Tokens | undefined;
  readonly save: (tokens: Tokens | undefined) => void;
  /** Called once with the code of a refused refresh: the user must sign in again. */
  readonly onSignedOut: (code: string) => void;
}

export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
}

export const REFRESH = /* GraphQL */ `
  mutation RefreshTokens($refreshToken: String!) {
    refresh(input: { refreshToken: $refreshToken }) {
      ... on AuthPayload {
        accessToken
        refreshToken
        expiresIn
      }
      ... on Error {
        code
      }
    }
  }
`;

export interface RefreshVariables {
  readonly refreshToken: string;
}

export interface RefreshData {
  readonly refresh: TokenPair | { readonly code: string };
}

export function toTokens({ accessToken, refreshToken, expiresIn }: TokenPair): Tokens {
  return { accessToken, refreshToken, expiresAt: Date.now() + expiresIn * 1000 };
}

/** Replaces the tokens after a refused access token. Returns whether there are valid tokens now. */
export async function renew(
  { load, save, onSignedOut }: Session,
  refused: string | undefined,
  send: (variables: RefreshVariables) => Promise<RefreshData>,
): Promise<boolean> {
  const spent = load();
  if (!spent || spent.accessToken !== refused) return spent !== undefined;

  const { refreshToken } = spent;
  // If only the answer was lost, the server returns the same pair to a repeated refresh.
  const { refresh } = await send({ refreshToken }).catch(() => send({ refreshToken }));
  const current = load();
  // Tokens that another tab stored in the meantime win, and so does its sign-out.
  if (current?.refreshToken !== refreshToken) return current !== undefined;

  const isRefused = 'code' in refresh;
  save(isRefused ? undefined : toTokens(refresh));
  if (isRefused) onSignedOut(refresh.code);
  return !isRefused;
}
