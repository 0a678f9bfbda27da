export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Milliseconds by this device's clock: a hint, for the server decides. */
  readonly expiresAt: number;
}

/** How a front end keeps its sign-in. */
export interface Session {
  /** Reads storage that all tabs share each time it is called: another tab may have refreshed. */
  readonly load: () => Tokens | undefined;
  readonly save: (tokens: Tokens | undefined) => void;
  /** Told once that the server wants a new sign-in, with the code of the refused refresh. */
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

/** Replaces the tokens of a refused access token; says whether there are others to go on with. */
export async function renew(
  { load, save, onSignedOut }: Session,
  refused: string | undefined,
  send: (variables: RefreshVariables) => Promise<RefreshData>,
): Promise<boolean> {
  const spent = load();
  if (!spent || spent.accessToken !== refused) return spent !== undefined;

  const { refreshToken } = spent;
  // Perhaps only the answer was lost: asked again soon, the server gives the same pair again.
  const { refresh } = await send({ refreshToken }).catch(() => send({ refreshToken }));
  const current = load();
  // Whoever refreshed, signed in or signed out meanwhile has the last word.
  if (current?.refreshToken !== refreshToken) return current !== undefined;

  const isRefused = 'code' in refresh;
  save(isRefused ? undefined : toTokens(refresh));
  if (isRefused) onSignedOut(refresh.code);
  return !isRefused;
}
