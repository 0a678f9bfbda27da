import { graphql } from '../generated/gql.ts';

export const CREATE_API_KEY = graphql(`
  mutation CreateApiKey($input: CreateApiKeyInput!) {
    createApiKey(input: $input) {
      __typename
      ... on CreateApiKeyPayload {
        key
        apiKey {
          id
          userId
          name
          hint
          scopes
          createdAt
          expiresAt
          lastUsedAt
          replacedById
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const ROTATE_API_KEY = graphql(`
  mutation RotateApiKey($input: RotateApiKeyInput!) {
    rotateApiKey(input: $input) {
      __typename
      ... on RotateApiKeyPayload {
        key
        apiKey {
          id
          name
          scopes
          expiresAt
        }
      }
      ... on Error {
        code
      }
    }
  }
`);

export const REVOKE_API_KEY = graphql(`
  mutation RevokeApiKey($input: RevokeApiKeyInput!) {
    revokeApiKey(input: $input) {
      __typename
      ... on RevokeApiKeyPayload {
        apiKeyId
      }
      ... on Error {
        code
      }
    }
  }
`);

export const API_KEYS = graphql(`
  query ApiKeys($userId: ID, $first: Int, $after: String) {
    apiKeys(userId: $userId, first: $first, after: $after) {
      nodes {
        id
        name
        hint
        expiresAt
        lastUsedAt
        replacedById
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);
