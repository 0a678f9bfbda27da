import { graphql } from '../generated/gql.ts';

export const CREATE_USER_TOKEN = graphql(`
  mutation CreateUserToken {
    createUserToken {
      __typename
      ... on CreateUserTokenPayload {
        userToken {
          token
          userId
          createdAt
          expiresAt
        }
      }
    }
  }
`);

export const USER_TOKENS = graphql(`
  query UserTokens($first: Int, $after: String) {
    userTokens(first: $first, after: $after) {
      nodes {
        token
        userId
        expiresAt
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

export const VERIFY_USER_TOKEN = graphql(`
  query VerifyUserToken($token: String!) {
    verifyUserToken(token: $token)
  }
`);

export const SIGNUP = graphql(`
  mutation Signup($input: SignupInput!) {
    signup(input: $input) {
      __typename
      ... on AuthPayload {
        accessToken
        user {
          id
          username
          email
          name
          systemRole
          emailVerified
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);
