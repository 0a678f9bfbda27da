import { graphql } from '../generated/gql.ts';

export const SETUP = graphql(`
  mutation Setup($input: SetupInput!) {
    setup(input: $input) {
      __typename
      ... on AuthPayload {
        accessToken
        refreshToken
        tokenType
        expiresIn
        user {
          id
          username
          email
          name
          systemRole
          permissions
        }
      }
      ... on PasswordRefusedError {
        reason
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const LOGIN = graphql(`
  mutation Login($input: LoginInput!) {
    login(input: $input) {
      __typename
      ... on AuthPayload {
        accessToken
        refreshToken
        tokenType
        expiresIn
        user {
          id
          username
          lastLoginAt
        }
      }
      ... on TotpChallenge {
        challengeToken
        expiresIn
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const REGISTER = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      __typename
      ... on AuthPayload {
        accessToken
        refreshToken
        user {
          id
          username
          email
          name
          systemRole
        }
      }
      ... on PasswordRefusedError {
        reason
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const REFRESH = graphql(`
  mutation Refresh($input: RefreshInput!) {
    refresh(input: $input) {
      __typename
      ... on AuthPayload {
        accessToken
        refreshToken
        tokenType
        expiresIn
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

export const VERIFY_TOKEN = graphql(`
  query VerifyToken($token: String!) {
    verifyToken(token: $token) {
      valid
      username
      expiresAt
    }
  }
`);

export const LOGOUT = graphql(`
  mutation Logout {
    logout {
      __typename
      ... on LogoutPayload {
        sessionId
      }
    }
  }
`);

export const CHANGE_PASSWORD = graphql(`
  mutation ChangePassword($input: ChangePasswordInput!) {
    changePassword(input: $input) {
      __typename
      ... on ChangePasswordPayload {
        revokedSessions
        revokedApiKeys
        user {
          id
        }
      }
      ... on PasswordRefusedError {
        reason
      }
      ... on Error {
        code
        message
      }
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
      systemRole
      disabled
      emailVerified
      mustChangePassword
      permissions
      lastLoginAt
      createdAt
    }
  }
`);

export const USERS = graphql(`
  query Users($first: Int, $after: String, $last: Int, $before: String) {
    users(first: $first, after: $after, last: $last, before: $before) {
      totalCount
      edges {
        cursor
        node {
          id
          username
        }
      }
      nodes {
        id
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

export const AUTH_STATUS = graphql(`
  query AuthStatus {
    authStatus {
      enabled
      hasUsers
      setupTokenRequired
      setupSkipped
      selfRegistration
    }
  }
`);

export const SESSIONS = graphql(`
  query Sessions($userId: ID) {
    sessions(userId: $userId) {
      id
      current
      userAgent
      ipAddress
      authMethods
      createdAt
      lastSeenAt
      expiresAt
    }
  }
`);

export const REVOKE_SESSION = graphql(`
  mutation RevokeSession($input: RevokeSessionInput!) {
    revokeSession(input: $input) {
      __typename
      ... on RevokeSessionPayload {
        sessionId
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const REVOKE_OTHER_SESSIONS = graphql(`
  mutation RevokeOtherSessions {
    revokeOtherSessions {
      __typename
      ... on RevokeOtherSessionsPayload {
        revokedSessions
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

export const IMPORT_USERS = graphql(`
  mutation ImportUsers($input: ImportUsersInput!) {
    importUsers(input: $input) {
      __typename
      ... on ImportUsersPayload {
        created
        existing
        refused
        lines {
          line
          outcome
          userId
          field
          rule
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);
