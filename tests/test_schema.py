"""The schema is the one that clients were promised: printed, described, and with the names and nulls of the plan."""

from pathlib import Path

import pytest
from graphql import (
    DangerousChangeType,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    build_schema,
    find_breaking_changes,
    find_dangerous_changes,
    is_specified_scalar_type,
    validate_schema,
)

from app.schema import graphql_schema, schema

PRINTED = Path(__file__).parents[1] / "schema.graphql"
OURS = [
    kind
    for kind in graphql_schema.type_map.values()
    if not kind.name.startswith("__") and not is_specified_scalar_type(kind)
]
# What clients may count on: names, arguments, nullability and defaults. More may be there.
PROMISED = build_schema("""
scalar DateTime
scalar Date
interface Node { id: ID! }
interface Deletable { id: ID! deletedAt: DateTime }
enum DeletedScope { EXCLUDE INCLUDE ONLY }
enum OrderDirection { ASC DESC }
type PageInfo { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }

type User implements Node { id: ID! name: String! email: String avatarUrl: String createdAt: DateTime! }
type Viewer { user: User organizations(first: Int, after: String, last: Int, before: String): OrganizationConnection! }
enum OrganizationRole { OWNER ADMIN MEMBER }
enum TeamRole { ADMIN MEMBER VIEWER }

type Organization implements Node & Deletable {
  id: ID! name: String! slug: String! createdAt: DateTime! updatedAt: DateTime! version: Int! deletedAt: DateTime
  viewerRole: OrganizationRole
  teams(filter: TeamFilter, orderBy: [TeamOrder!], deleted: DeletedScope! = EXCLUDE,
        first: Int, after: String, last: Int, before: String): TeamConnection!
  members(filter: OrganizationMemberFilter, orderBy: [OrganizationMemberOrder!], deleted: DeletedScope! = EXCLUDE,
          first: Int, after: String, last: Int, before: String): OrganizationMemberConnection!
  tasks(filter: TaskFilter, orderBy: [TaskOrder!], deleted: DeletedScope! = EXCLUDE,
        first: Int, after: String, last: Int, before: String): TaskConnection!
}
type OrganizationMember implements Node & Deletable {
  id: ID! organization: Organization! user: User! role: OrganizationRole!
  teams(first: Int, after: String, last: Int, before: String): TeamMemberConnection!
  createdAt: DateTime! deletedAt: DateTime
}
type Team implements Node & Deletable {
  id: ID! organization: Organization! key: String! name: String! description: String
  createdAt: DateTime! updatedAt: DateTime! version: Int! deletedAt: DateTime viewerRole: TeamRole
  members(filter: TeamMemberFilter, orderBy: [TeamMemberOrder!], deleted: DeletedScope! = EXCLUDE,
          first: Int, after: String, last: Int, before: String): TeamMemberConnection!
  tasks(filter: TaskFilter, orderBy: [TaskOrder!], deleted: DeletedScope! = EXCLUDE,
        first: Int, after: String, last: Int, before: String): TaskConnection!
}
type TeamMember implements Node & Deletable {
  id: ID! team: Team! organizationMember: OrganizationMember! user: User! role: TeamRole!
  tasks(filter: TaskFilter, orderBy: [TaskOrder!], deleted: DeletedScope! = EXCLUDE,
        first: Int, after: String, last: Int, before: String): TaskConnection!
  createdAt: DateTime! deletedAt: DateTime
}
enum TaskStatus { BACKLOG TODO IN_PROGRESS IN_REVIEW DONE CANCELED }
enum TaskPriority { NONE URGENT HIGH MEDIUM LOW }
type Task implements Node & Deletable {
  id: ID! key: String! number: Int! title: String! description: String
  status: TaskStatus! completed: Boolean! completedAt: DateTime priority: TaskPriority! estimate: Float dueDate: Date
  tags: [String!]! organization: Organization! team: Team! assignee: TeamMember creator: User
  createdAt: DateTime! updatedAt: DateTime! version: Int! deletedAt: DateTime
}

type OrganizationConnection {
  edges: [OrganizationEdge!]! nodes: [Organization!]! pageInfo: PageInfo! totalCount: Int!
}
type OrganizationMemberConnection {
  edges: [OrganizationMemberEdge!]! nodes: [OrganizationMember!]! pageInfo: PageInfo! totalCount: Int!
}
type TeamConnection { edges: [TeamEdge!]! nodes: [Team!]! pageInfo: PageInfo! totalCount: Int! }
type TeamMemberConnection { edges: [TeamMemberEdge!]! nodes: [TeamMember!]! pageInfo: PageInfo! totalCount: Int! }
type TaskConnection { edges: [TaskEdge!]! nodes: [Task!]! pageInfo: PageInfo! totalCount: Int! }
type OrganizationEdge { cursor: String! node: Organization! }
type OrganizationMemberEdge { cursor: String! node: OrganizationMember! }
type TeamEdge { cursor: String! node: Team! }
type TeamMemberEdge { cursor: String! node: TeamMember! }
type TaskEdge { cursor: String! node: Task! }

input TaskOrder { field: TaskOrderField! direction: OrderDirection! = DESC }
enum TaskOrderField { CREATED_AT UPDATED_AT DUE_DATE PRIORITY STATUS TITLE NUMBER }
input TeamOrder { field: TeamOrderField! direction: OrderDirection! = ASC }
enum TeamOrderField { NAME KEY CREATED_AT }
input OrganizationMemberOrder { field: OrganizationMemberOrderField! direction: OrderDirection! = ASC }
enum OrganizationMemberOrderField { CREATED_AT }
input TeamMemberOrder { field: TeamMemberOrderField! direction: OrderDirection! = ASC }
enum TeamMemberOrderField { CREATED_AT }

input TaskFilter {
  id: IDComparator title: StringComparator status: TaskStatusComparator priority: TaskPriorityComparator
  completed: Boolean dueDate: DateComparator createdAt: DateTimeComparator updatedAt: DateTimeComparator
  estimate: FloatComparator tags: TagsComparator assignee: TeamMemberFilter team: TeamFilter creator: UserFilter
  and: [TaskFilter!] or: [TaskFilter!] not: TaskFilter
}
input TeamFilter { id: IDComparator key: StringComparator name: StringComparator
  and: [TeamFilter!] or: [TeamFilter!] not: TeamFilter }
input TeamMemberFilter { id: IDComparator role: TeamRoleComparator team: TeamFilter user: UserFilter
  and: [TeamMemberFilter!] or: [TeamMemberFilter!] not: TeamMemberFilter }
input OrganizationMemberFilter { id: IDComparator role: OrganizationRoleComparator user: UserFilter
  and: [OrganizationMemberFilter!] or: [OrganizationMemberFilter!] not: OrganizationMemberFilter }
input UserFilter { id: IDComparator name: StringComparator email: StringComparator
  and: [UserFilter!] or: [UserFilter!] not: UserFilter }
input IDComparator { eq: ID ne: ID in: [ID!] notIn: [ID!] }
input StringComparator {
  eq: String ne: String in: [String!] notIn: [String!] contains: String startsWith: String isNull: Boolean
}
input FloatComparator { eq: Float ne: Float lt: Float lte: Float gt: Float gte: Float isNull: Boolean }
input DateComparator { eq: Date ne: Date lt: Date lte: Date gt: Date gte: Date isNull: Boolean }
input DateTimeComparator { eq: DateTime lt: DateTime lte: DateTime gt: DateTime gte: DateTime isNull: Boolean }
input TagsComparator { hasAll: [String!] hasAny: [String!] hasNone: [String!] isEmpty: Boolean }
input TaskStatusComparator { eq: TaskStatus ne: TaskStatus in: [TaskStatus!] notIn: [TaskStatus!] }
input TaskPriorityComparator { eq: TaskPriority ne: TaskPriority in: [TaskPriority!] notIn: [TaskPriority!] }
input TeamRoleComparator { eq: TeamRole ne: TeamRole in: [TeamRole!] notIn: [TeamRole!] }
input OrganizationRoleComparator {
  eq: OrganizationRole ne: OrganizationRole in: [OrganizationRole!] notIn: [OrganizationRole!]
}

input OrganizationBy @oneOf { id: ID slug: String }
input TaskBy @oneOf { id: ID key: TaskKey formerKey: TaskKey }
input TaskKey { organizationSlug: String! key: String! }
type Query {
  viewer: Viewer
  node(id: ID!): Node
  nodes(ids: [ID!]!): [Node]
  organization(by: OrganizationBy!): Organization
  organizations(first: Int, after: String, last: Int, before: String): OrganizationConnection
  team(id: ID!): Team
  task(by: TaskBy!): Task
}
""")


def test_the_schema_is_valid() -> None:
    assert validate_schema(graphql_schema) == []


def test_the_file_is_what_the_code_says() -> None:
    """`make schema` prints it anew."""
    assert PRINTED.read_text() == schema.as_str() + "\n"


@pytest.mark.parametrize("kind", OURS, ids=str)
def test_everything_is_described(kind: GraphQLNamedType) -> None:
    undescribed = [] if kind.description else [kind.name]
    if isinstance(kind, GraphQLEnumType):
        undescribed += [name for name, value in kind.values.items() if not value.description]
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        undescribed += [name for name, field in kind.fields.items() if not field.description]
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        undescribed += [
            f"{name}({argument})"
            for name, field in kind.fields.items()
            for argument, given in field.args.items()
            if not given.description
        ]
    assert undescribed == []


@pytest.mark.parametrize("root", ["Query", "Mutation"])
def test_what_goes_wrong_in_a_root_field_takes_nothing_from_the_others(root: str) -> None:
    kind = graphql_schema.type_map[root]
    assert isinstance(kind, GraphQLObjectType)
    assert [name for name, field in kind.fields.items() if isinstance(field.type, GraphQLNonNull)] == []


def test_what_was_promised_is_there() -> None:
    """With the same names, arguments and nulls, or kinder ones, and the same defaults."""
    printed = build_schema(schema.as_str())
    broken = [change.description for change in find_breaking_changes(PROMISED, printed)]
    defaults = [
        change.description
        for change in find_dangerous_changes(PROMISED, printed)
        if change.type is DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE
    ]
    assert broken + defaults == []
