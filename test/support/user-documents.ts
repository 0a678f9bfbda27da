import { graphql } from '../generated/gql.ts';

export const LIST_USERS = graphql(`
  query ListUsers(
    $first: Int
    $after: String
    $last: Int
    $before: String
    $filter: UserFilter
    $orderBy: UserOrder
  ) {
    users(
      first: $first
      after: $after
      last: $last
      before: $before
      filter: $filter
      orderBy: $orderBy
    ) {
      totalCount
      nodes {
        id
        username
        email
        name
        systemRole
        disabled
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

export const COUNT_USERS = graphql(`
  query CountUsers($filter: UserFilter) {
    users(filter: $filter) {
      totalCount
    }
  }
`);

export const USER = graphql(`
  query User($id: ID!) {
    user(id: $id) {
      id
      username
      email
      name
      systemRole
      disabled
    }
  }
`);

export const CREATE_USER = graphql(`
  mutation CreateUser($input: CreateUserInput!) {
    createUser(input: $input) {
      __typename
      ... on CreateUserPayload {
        user {
          id
          username
          email
          name
          systemRole
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const UPDATE_USER = graphql(`
  mutation UpdateUser($input: UpdateUserInput!) {
    updateUser(input: $input) {
      __typename
      ... on UpdateUserPayload {
        user {
          id
          username
          name
          systemRole
          disabled
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const DELETE_USER = graphql(`
  mutation DeleteUser($input: DeleteUserInput!) {
    deleteUser(input: $input) {
      __typename
      ... on DeleteUserPayload {
        userId
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const UPDATE_PROFILE = graphql(`
  mutation UpdateProfile($input: UpdateProfileInput!) {
    updateProfile(input: $input) {
      __typename
      ... on UpdateProfilePayload {
        user {
          id
          name
        }
      }
    }
  }
`);

export const USERS_WITH_PLACES = graphql(`
  query UsersWithPlaces($first: Int, $filter: UserFilter) {
    users(first: $first, filter: $filter) {
      totalCount
      nodes {
        username
        tenants {
          id
          role
          permissions
        }
        projects {
          name
          role
          permissions
        }
        defaultProject {
          name
        }
      }
    }
  }
`);

export const SAVE_USERS = graphql(`
  mutation SaveUsers($input: SaveUsersInput!) {
    saveUsers(input: $input) {
      __typename
      ... on SaveUsersPayload {
        users {
          id
        }
      }
      ... on Error {
        code
      }
    }
  }
`);
