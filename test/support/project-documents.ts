import { graphql } from '../generated/gql.ts';

export const PROJECT = graphql(`
  query Project($id: ID!) {
    project(id: $id) {
      id
      name
      description
      createdAt
      updatedAt
      role
      permissions
      tenant {
        id
      }
      owner {
        userId
        username
        name
        role
      }
    }
  }
`);

export const PROJECT_MEMBERS = graphql(`
  query ProjectMembers($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    project(id: $id) {
      members(first: $first, after: $after, last: $last, before: $before) {
        totalCount
        nodes {
          userId
          username
          name
          role
          joinedAt
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
          startCursor
          endCursor
        }
      }
    }
  }
`);

export const PROJECTS = graphql(`
  query Projects($tenantId: ID, $first: Int, $after: String, $last: Int, $before: String) {
    projects(tenantId: $tenantId, first: $first, after: $after, last: $last, before: $before) {
      totalCount
      nodes {
        id
        name
        role
        owner {
          username
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

export const TENANT_PROJECTS = graphql(`
  query TenantProjects($first: Int, $after: String) {
    me {
      tenants {
        id
        projects(first: $first, after: $after) {
          totalCount
          nodes {
            id
            name
            role
            permissions
            owner {
              username
            }
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`);

export const OWN_PROJECTS = graphql(`
  query OwnProjects {
    me {
      projects {
        id
        name
        role
      }
      defaultProject {
        id
        name
      }
    }
  }
`);

export const CREATE_PROJECT = graphql(`
  mutation CreateProject($input: CreateProjectInput!) {
    createProject(input: $input) {
      __typename
      ... on CreateProjectPayload {
        project {
          id
          name
          description
          role
          permissions
          tenant {
            id
          }
          owner {
            userId
            username
          }
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const UPDATE_PROJECT = graphql(`
  mutation UpdateProject($input: UpdateProjectInput!) {
    updateProject(input: $input) {
      __typename
      ... on UpdateProjectPayload {
        project {
          id
          name
          description
          updatedAt
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const DELETE_PROJECT = graphql(`
  mutation DeleteProject($input: DeleteProjectInput!) {
    deleteProject(input: $input) {
      __typename
      ... on DeleteProjectPayload {
        projectId
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const ADD_PROJECT_MEMBER = graphql(`
  mutation AddProjectMember($input: AddProjectMemberInput!) {
    addProjectMember(input: $input) {
      __typename
      ... on AddProjectMemberPayload {
        project {
          id
        }
        member {
          userId
          username
          name
          role
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const UPDATE_PROJECT_MEMBER = graphql(`
  mutation UpdateProjectMember($input: UpdateProjectMemberInput!) {
    updateProjectMember(input: $input) {
      __typename
      ... on UpdateProjectMemberPayload {
        project {
          id
        }
        member {
          userId
          role
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const REMOVE_PROJECT_MEMBER = graphql(`
  mutation RemoveProjectMember($input: RemoveProjectMemberInput!) {
    removeProjectMember(input: $input) {
      __typename
      ... on RemoveProjectMemberPayload {
        projectId
        userId
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const TRANSFER_PROJECT = graphql(`
  mutation TransferProject($input: TransferProjectInput!) {
    transferProject(input: $input) {
      __typename
      ... on TransferProjectPayload {
        project {
          id
          role
          permissions
          owner {
            username
          }
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);
