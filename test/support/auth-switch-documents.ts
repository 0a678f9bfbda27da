import { graphql } from '../generated/gql.ts';

export const SKIP_SETUP = graphql(`
  mutation SkipSetup {
    skipSetup {
      __typename
      ... on SkipSetupPayload {
        status {
          enabled
          hasUsers
          setupSkipped
          selfRegistration
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const ENABLE_AUTH = graphql(`
  mutation EnableAuth {
    enableAuth {
      __typename
      ... on EnableAuthPayload {
        status {
          enabled
          hasUsers
          setupSkipped
          selfRegistration
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const DISABLE_AUTH = graphql(`
  mutation DisableAuth {
    disableAuth {
      __typename
      ... on DisableAuthPayload {
        status {
          enabled
          hasUsers
          setupSkipped
          selfRegistration
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);
