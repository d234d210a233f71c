/** What a Relay front end says of a team's tasks; relay-compiler checks it against the schema. */
import { graphql } from "relay-runtime";

export const TEAM = graphql`
  query tasksTeamQuery($id: ID!) {
    node(id: $id) {
      ...tasks_team @alias(as: "team")
    }
  }
`;

export const TASKS = graphql`
  fragment tasks_team on Team
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 20 }
    after: { type: "String" }
    filter: { type: "TaskFilter" }
    orderBy: { type: "[TaskOrder!]" }
  )
  @refetchable(queryName: "tasksPageQuery") {
    name
    tasks(first: $first, after: $after, filter: $filter, orderBy: $orderBy) @connection(key: "tasks_tasks") {
      edges {
        node {
          ...tasks_task
        }
      }
      totalCount
    }
  }
`;

export const TASK = graphql`
  fragment tasks_task on Task @refetchable(queryName: "tasksTaskQuery") {
    key
    title
    dueDate
    assignee {
      user {
        name
      }
    }
    ...tasks_deletable
  }
`;

export const DELETABLE = graphql`
  fragment tasks_deletable on Deletable {
    deletedAt
    deletion {
      purgeAt
      subject {
        id
      }
    }
  }
`;

export const CREATE = graphql`
  mutation tasksCreateMutation($input: CreateTaskInput!, $connections: [ID!]!) {
    createTask(input: $input) {
      task @prependNode(connections: $connections, edgeTypeName: "TaskEdge") {
        ...tasks_task
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`;

export const DELETE = graphql`
  mutation tasksDeleteMutation($id: ID!, $connections: [ID!]!) {
    deleteTask(id: $id) {
      deletedIds @deleteEdge(connections: $connections) @deleteRecord
      userErrors {
        code
        message
        path
      }
    }
  }
`;
