import { graphql } from '../generated/gql.ts';

export const USER_TENANTS = graphql(`
  query UserTenants($first: Int) {
    me {
      tenants {
        id
        name
        role
        permissions
      }
    }
    users(first: $first) {
      edges {
        node {
          username
          tenants {
            name
            role
          }
        }
      }
    }
  }
`);

export const OWN_TENANTS = graphql(`
  query OwnTenants {
    me {
      tenants {
        id
        name
        createdAt
        role
        permissions
      }
    }
  }
`);

export const TENANT = graphql(`
  query Tenant($id: ID) {
    tenant(id: $id) {
      id
      name
      role
      permissions
    }
  }
`);

export const TENANT_MEMBERS = graphql(`
  query TenantMembers($id: ID, $first: Int, $after: String, $last: Int, $before: String) {
    tenant(id: $id) {
      id
      members(first: $first, after: $after, last: $last, before: $before) {
        totalCount
        edges {
          cursor
          node {
            role
            joinedAt
            user {
              id
              username
              email
            }
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
  }
`);

export const TENANT_INVITATIONS = graphql(`
  query TenantInvitations($id: ID, $first: Int, $after: String) {
    tenant(id: $id) {
      invitations(first: $first, after: $after) {
        nodes {
          id
          email
          role
          inviterId
          createdAt
          expiresAt
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export const UPDATE_TENANT = graphql(`
  mutation UpdateTenant($input: UpdateTenantInput!) {
    updateTenant(input: $input) {
      __typename
      ... on UpdateTenantPayload {
        tenant {
          id
          name
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const UPDATE_TENANT_MEMBER = graphql(`
  mutation UpdateTenantMember($input: UpdateTenantMemberInput!) {
    updateTenantMember(input: $input) {
      __typename
      ... on UpdateTenantMemberPayload {
        member {
          role
          user {
            id
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

export const REMOVE_TENANT_MEMBER = graphql(`
  mutation RemoveTenantMember($input: RemoveTenantMemberInput!) {
    removeTenantMember(input: $input) {
      __typename
      ... on RemoveTenantMemberPayload {
        tenantId
        userId
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const INVITE_TENANT_MEMBER = graphql(`
  mutation InviteTenantMember($input: InviteTenantMemberInput!) {
    inviteTenantMember(input: $input) {
      __typename
      ... on InviteTenantMemberPayload {
        invitation {
          id
          email
          role
          inviterId
          createdAt
          expiresAt
        }
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const REVOKE_TENANT_INVITATION = graphql(`
  mutation RevokeTenantInvitation($input: RevokeTenantInvitationInput!) {
    revokeTenantInvitation(input: $input) {
      __typename
      ... on RevokeTenantInvitationPayload {
        invitationId
      }
      ... on Error {
        code
        message
      }
    }
  }
`);

export const ACCEPT_TENANT_INVITATION = graphql(`
  mutation AcceptTenantInvitation($input: AcceptTenantInvitationInput!) {
    acceptTenantInvitation(input: $input) {
      __typename
      ... on AcceptTenantInvitationPayload {
        tenant {
          id
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

export const REGISTER_BY_INVITATION = graphql(`
  mutation RegisterByInvitation($input: RegisterByInvitationInput!) {
    registerByInvitation(input: $input) {
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
