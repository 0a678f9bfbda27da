import { graphql } from '../generated/gql.ts';

export const REQUEST_PASSWORD_RESET = graphql(`
  mutation RequestPasswordReset($input: RequestPasswordResetInput!) {
    requestPasswordReset(input: $input) {
      __typename
      ... on RequestPasswordResetPayload {
        email
      }
    }
  }
`);

export const COMPLETE_PASSWORD_RESET = graphql(`
  mutation CompletePasswordReset($input: CompletePasswordResetInput!) {
    completePasswordReset(input: $input) {
      __typename
      ... on CompletePasswordResetPayload {
        revokedSessions
        revokedApiKeys
      }
      ... on Error {
        code
      }
    }
  }
`);

export const RESET_PASSWORD = graphql(`
  mutation ResetPassword($input: ResetPasswordInput!) {
    resetPassword(input: $input) {
      __typename
      ... on ResetPasswordPayload {
        revokedSessions
        revokedApiKeys
        user {
          id
          mustChangePassword
        }
      }
      ... on Error {
        code
      }
    }
  }
`);
