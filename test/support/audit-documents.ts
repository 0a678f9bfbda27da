import { graphql } from '../generated/gql.ts';

export const AUDIT_EVENTS = graphql(`
  query AuditEvents(
    $first: Int
    $after: String
    $last: Int
    $before: String
    $filter: AuditEventFilter
  ) {
    auditEvents(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
      nodes {
        id
        at
        action
        outcome
        actor {
          kind
          id
          name
          username
        }
        target {
          type
          id
        }
        ipAddress
        userAgent
        requestId
        details {
          name
          values
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

export const COUNT_AUDIT_EVENTS = graphql(`
  query CountAuditEvents($filter: AuditEventFilter) {
    auditEvents(first: 1, filter: $filter) {
      totalCount
    }
  }
`);

export const AUDIT_EVENT = graphql(`
  query AuditEvent($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on AuditEvent {
        action
        ipAddress
      }
    }
  }
`);
