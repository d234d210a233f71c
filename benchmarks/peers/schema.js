/** The schema of the JavaScript peers that have one written by hand. */
import { DateTimeResolver, DateTimeTypeDefinition } from 'graphql-scalars'

export const typeDefs = /* GraphQL */ `
  ${DateTimeTypeDefinition}
  enum TaskStatus { BACKLOG TODO IN_PROGRESS IN_REVIEW DONE CANCELED }
  enum TaskPriority { NONE URGENT HIGH MEDIUM LOW }

  type Query {
    organization(slug: String!): Organization
  }
  type Organization {
    id: ID!
    name: String!
    slug: String!
    teams: [Team!]!
    tasks(first: Int!): [Task!]!
    teamConnection(first: Int!, after: String): TeamConnection!
  }
  type Team {
    id: ID!
    key: String!
    name: String!
    members: [TeamMember!]!
    memberConnection(first: Int!, after: String): TeamMemberConnection!
  }
  type TeamMember {
    id: ID!
    user: User!
    tasks: [Task!]!
    taskConnection(first: Int!, after: String): TaskConnection!
  }
  type User {
    id: ID!
    name: String!
  }
  type Task {
    id: ID!
    number: Int!
    title: String!
    status: TaskStatus!
    priority: TaskPriority!
    createdAt: DateTime!
    assignee: TeamMember
    team: Team!
  }

  type PageInfo { hasNextPage: Boolean! endCursor: String }
  type TeamConnection { edges: [TeamEdge!]! pageInfo: PageInfo! }
  type TeamEdge { cursor: String! node: Team! }
  type TeamMemberConnection { edges: [TeamMemberEdge!]! pageInfo: PageInfo! }
  type TeamMemberEdge { cursor: String! node: TeamMember! }
  type TaskConnection { edges: [TaskEdge!]! pageInfo: PageInfo! }
  type TaskEdge { cursor: String! node: Task! }
`

export const scalars = { DateTime: DateTimeResolver }
