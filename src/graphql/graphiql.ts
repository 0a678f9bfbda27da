import type { GraphiQLOptions } from 'graphql-yoga';

const SETUP = `# First run: make the administrator, then copy the accessToken.
mutation Setup {
  setup(input: { username: "admin", password: "correct horse battery" }) {
    __typename
    ... on AuthPayload { accessToken refreshToken expiresIn user { id username systemRole } }
    ... on Error { code message }
  }
}
`;

const SIGN_IN = `# Copy the accessToken into the Headers of the next tabs.
mutation SignIn {
  login(input: { username: "admin", password: "correct horse battery" }) {
    __typename
    ... on AuthPayload { accessToken refreshToken expiresIn user { id username } }
    ... on Error { code message }
  }
}
`;

const ME = `query Me {
  me { id username email name systemRole permissions lastLoginAt createdAt }
}
`;

const USERS = `query Users {
  users(first: 20) {
    totalCount
    edges { node { id username email systemRole disabled lastLoginAt } }
    pageInfo { hasNextPage endCursor }
  }
}
`;

const BEARER = JSON.stringify({ Authorization: 'Bearer <accessToken>' }, null, 2);

/** GraphiQL with the tabs of a first run. */
export const graphiqlOptions: GraphiQLOptions = {
  title: 'Vestibule',
  defaultTabs: [
    { query: SETUP },
    { query: SIGN_IN },
    { query: ME, headers: BEARER },
    { query: USERS, headers: BEARER },
  ],
  defaultEditorToolsVisibility: 'headers',
};
