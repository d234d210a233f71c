"""The schema: what each domain brings to the roots, and nothing else."""

import strawberry
from graphql import GraphQLInputObjectType
from strawberry.schema.config import StrawberryConfig

from app.api_keys.mutations import ApiKeyMutations
from app.documents.mutations import DocumentMutations
from app.documents.queries import DocumentQueries
from app.execution.internals import Names, is_one_of, schema_of, write_values_as
from app.exports.mutations import ExportMutations
from app.graph.errors import quoted
from app.graph.fields import leaf
from app.graph.scalars import SCALARS
from app.invitations.mutations import InvitationMutations
from app.members.mutations import OrganizationMemberMutations
from app.nodes.queries import NodeQueries
from app.organizations.mutations import OrganizationMutations
from app.organizations.queries import OrganizationQueries
from app.rates.queries import RateLimitQueries
from app.settings.mutations import SettingMutations
from app.tasks.mutations import TaskMutations
from app.tasks.queries import TaskQueries
from app.team_members.mutations import TeamMemberMutations
from app.teams.mutations import TeamMutations
from app.teams.queries import TeamQueries
from app.trash.mutations import TrashMutations
from app.trash.queries import TrashQueries
from app.users.mutations import UserMutations
from app.users.queries import UserQueries

DESCRIPTION = """\
Organizations, their teams, members, tasks and documents; search, trash and the log of what happened.

Begin with `viewer`: who is calling, and their organizations. Lists are Relay connections, `first: 20` by default and at
most 100. Every mutation answers what it wrote beside `userErrors`, which say what is wrong with its input."""


@strawberry.type(
    description="Reading. What belongs to an organization is seen by its members only; to others it is absent."
)
class Query(
    UserQueries,
    NodeQueries,
    OrganizationQueries,
    TeamQueries,
    TaskQueries,
    DocumentQueries,
    TrashQueries,
    RateLimitQueries,
):
    pass


@strawberry.type(
    description="Writing. All fields of an operation are committed together before it is answered; one that fails is "
    "undone by itself and answers null. With a header `Idempotency-Key`, 1 to 255 characters that clients make up for "
    "each operation, it is done once: who sends it again within 24 hours gets the first answer again, or the error "
    "ALREADY_DONE where that is not kept."
)
class Mutation(
    OrganizationMutations,
    ExportMutations,
    ApiKeyMutations,
    UserMutations,
    InvitationMutations,
    OrganizationMemberMutations,
    TeamMutations,
    TeamMemberMutations,
    TaskMutations,
    DocumentMutations,
    TrashMutations,
    SettingMutations,
):
    pass


config = StrawberryConfig(default_resolver=leaf, scalar_map=SCALARS, name_converter=Names())
schema = strawberry.Schema(query=Query, mutation=Mutation, config=config)
graphql_schema = schema_of(schema)
write_values_as(quoted)
graphql_schema.description = DESCRIPTION
for kind in graphql_schema.type_map.values():
    # Strawberry looks at @oneOf when the field is run; told so, graphql-core does when the document is validated.
    if isinstance(kind, GraphQLInputObjectType) and is_one_of(kind):
        kind.is_one_of = True
