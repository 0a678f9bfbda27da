import { toTokens, type Tokens } from '../recipes/tokens.ts';
import type {
  CompleteSignInMutation,
  RevokeSessionMutation,
  SignInMutation,
} from '../generated/graphql.ts';

/** What became of a step of signing in. */
export type SignInStep =
  | { readonly kind: 'done'; readonly tokens: Tokens }
  | { readonly kind: 'code'; readonly challengeToken: string }
  | { readonly kind: 'failed'; readonly message: string };

// A union that gets another member does not compile here before it is dealt with.
const unreachable = (result: never): never => {
  throw new Error(`unknown result ${JSON.stringify(result)}`);
};

export function afterSignIn({ login }: SignInMutation): SignInStep {
  switch (login.__typename) {
    case 'AuthPayload':
      return { kind: 'done', tokens: toTokens(login) };
    case 'TotpChallenge':
      return { kind: 'code', challengeToken: login.challengeToken };
    case 'AccountDisabledError':
    case 'InvalidCredentialsError':
      return { kind: 'failed', message: login.message };
    default:
      return unreachable(login);
  }
}

export function afterCode({ completeLogin }: CompleteSignInMutation): SignInStep {
  switch (completeLogin.__typename) {
    case 'AuthPayload':
      return { kind: 'done', tokens: toTokens(completeLogin) };
    case 'AccountDisabledError':
    case 'ChallengeInvalidError':
    case 'WrongCodeError':
      return { kind: 'failed', message: completeLogin.message };
    default:
      return unreachable(completeLogin);
  }
}

/** What to tell the person, if anything. */
export function afterRevoke({ revokeSession }: RevokeSessionMutation): string | undefined {
  switch (revokeSession.__typename) {
    case 'RevokeSessionPayload':
      return undefined;
    case 'SessionNotFoundError':
      return revokeSession.message;
    default:
      return unreachable(revokeSession);
  }
}
