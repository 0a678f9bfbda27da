import { graphql } from '../generated/gql.ts';

export const SIGN_IN = graphql(`
  mutation SignIn($input: LoginInput!) {
    login(input: $input) {
      __typename
      ... on AuthPayload {
        accessToken
        refreshToken
        expiresIn
      }
      ... on TotpChallenge {
        challengeToken
      }
      ... on Error {
        message
      }
    }
  }
`);

export const COMPLETE_SIGN_IN = graphql(`
  mutation CompleteSignIn($input: CompleteLoginInput!) {
    completeLogin(input: $input) {
      __typename
      ... on AuthPayload {
        accessToken
        refreshToken
        expiresIn
      }
      ... on Error {
        message
      }
    }
  }
`);

export const SIGN_OUT = graphql(`
  mutation SignOut {
    logout {
      __typename
    }
  }
`);

export const ME = graphql(`
  query Me {
    me {
      id
      username
      email
      name
      permissions
    }
  }
`);

export const USERS = graphql(`
  query Users($first: Int, $after: String, $last: Int, $before: String) {
    users(first: $first, after: $after, last: $last, before: $before) {
      edges {
        node {
          id
          username
          email
          systemRole
          disabled
          createdAt
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`);

export const SESSIONS = graphql(`
  query Sessions {
    sessions {
      id
      current
      userAgent
      ipAddress
      lastSeenAt
    }
  }
`);

export const REVOKE_SESSION = graphql(`
  mutation RevokeSession($input: RevokeSessionInput!) {
    revokeSession(input: $input) {
      __typename
      ... on Error {
        message
      }
    }
  }
`);

export const SESSION_REVOKED = graphql(`
  subscription SessionRevoked {
    sessionRevoked {
      sessionId
      current
    }
  }
`);
