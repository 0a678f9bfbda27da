import { graphql } from '../generated/gql.ts';

export const COMPLETE_LOGIN = graphql(`
  mutation CompleteLogin($input: CompleteLoginInput!) {
    completeLogin(input: $input) {
      __typename
      ... on AuthPayload {
        accessToken
        refreshToken
        user {
          id
          username
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const REAUTHENTICATE = graphql(`
  mutation Reauthenticate($input: ReauthenticateInput!) {
    reauthenticate(input: $input) {
      __typename
      ... on AuthPayload {
        accessToken
        refreshToken
        user {
          id
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const ENABLE_TOTP = graphql(`
  mutation EnableTotp {
    enableTotp {
      __typename
      ... on EnableTotpPayload {
        provisioningUri
        secret
        qrCode
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const CONFIRM_TOTP = graphql(`
  mutation ConfirmTotp($input: ConfirmTotpInput!) {
    confirmTotp(input: $input) {
      __typename
      ... on ConfirmTotpPayload {
        recoveryCodes
        revokedSessions
        user {
          totpEnabled
          recoveryCodesLeft
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const DISABLE_TOTP = graphql(`
  mutation DisableTotp {
    disableTotp {
      __typename
      ... on DisableTotpPayload {
        revokedSessions
        user {
          totpEnabled
          recoveryCodesLeft
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const RESET_TOTP = graphql(`
  mutation ResetTotp($input: ResetTotpInput!) {
    resetTotp(input: $input) {
      __typename
      ... on ResetTotpPayload {
        revokedSessions
        user {
          username
          totpEnabled
          recoveryCodesLeft
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const REGENERATE_RECOVERY_CODES = graphql(`
  mutation RegenerateRecoveryCodes {
    regenerateRecoveryCodes {
      __typename
      ... on RegenerateRecoveryCodesPayload {
        recoveryCodes
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const MY_SECOND_FACTOR = graphql(`
  query MySecondFactor {
    me {
      totpEnabled
      recoveryCodesLeft
    }
    sessions {
      current
      authMethods
      authenticatedAt
    }
  }
`);

export const SECOND_FACTORS = graphql(`
  query SecondFactors {
    users(first: 100) {
      edges {
        node {
          username
          totpEnabled
          recoveryCodesLeft
        }
      }
    }
  }
`);
