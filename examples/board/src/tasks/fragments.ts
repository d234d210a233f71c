/** What lists show of a task, and one list of them: what is written is read again by all who show it. */
import { graphql } from "../generated";

export const CARD = graphql(`
  fragment Card on Task {
    id
    key
    title
    status
    priority
    dueDate
    dueWindow
    createdAt
    deletedAt
    version
    team {
      id
    }
    assignee {
      id
      user {
        id
        name
      }
    }
  }
`);

export const COLUMN = graphql(`
  query Column($teamId: ID!, $status: TaskStatus!, $after: String) {
    team(id: $teamId) {
      id
      tasks(filter: { status: { eq: $status } }, first: 50, after: $after) {
        ...Column
      }
    }
  }

  fragment Column on TaskConnection {
    edges {
      cursor
      node {
        ...Card
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    totalCount
  }
`);
