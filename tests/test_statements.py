"""What reading costs in statements: pinned for every field of the graph, however many rows have it."""

import asyncio
import re
from typing import Any

import asyncpg
import pytest
from graphql import GraphQLField, GraphQLInterfaceType, GraphQLObjectType, get_named_type, is_leaf_type

from app.schema import graphql_schema
from tests.api import Api
from tests.factories import Tenant, make_tenant
from tests.locks import whoever_waits

TRANSACTION = 1  # BEGIN, which carries the identity and the end of what was before
WALK = """query ($slug: String!) { organization(by: {slug: $slug}) {
    teams(first: 100) { nodes { members(first: 3) { nodes { user { name } tasks(first: 2) { nodes { title } } } } } }
} }"""

# Where rows of each type are met in a list, so that a statement for each of them would show.
PLACES = {
    "Organization": "organizations { nodes { SELECTION } }",
    "OrganizationMember": "organization(by: {slug: $slug}) { members { nodes { SELECTION } } }",
    "Team": "organization(by: {slug: $slug}) { teams { nodes { SELECTION } } }",
    "TeamMember": "organization(by: {slug: $slug}) { teams { nodes { members { nodes { SELECTION } } } } }",
    "Task": "organization(by: {slug: $slug}) { tasks { nodes { SELECTION } } }",
    "Document": "organization(by: {slug: $slug}) { documents { nodes { SELECTION } } }",
    "DocumentChunk": "organization(by: {slug: $slug}) { documents { nodes { chunks { nodes { SELECTION } } } } }",
    "User": "organization(by: {slug: $slug}) { members { nodes { user { SELECTION } } } }",
    "Viewer": "viewer { SELECTION }",
    "Deletion": "organization(by: {slug: $slug}) { trash { nodes { SELECTION } } }",
    "ApiKey": "organization(by: {slug: $slug}) { apiKeys { nodes { SELECTION } } }",
    "Invitation": "organization(by: {slug: $slug}) { invitations { nodes { SELECTION } } }",
    "Export": "organizations { nodes { export { SELECTION } } }",
    "Event": "organization(by: {slug: $slug}) { events { nodes { SELECTION } } }",
}
# The statements that an edge adds to its operation.
EDGES = {
    "Organization.teams": 1,
    "Organization.members": 1,
    "Organization.tasks": 1,
    "Organization.documents": 1,
    "Organization.events": 1,
    "Organization.apiKeys": 1,
    "Organization.invitations": 1,
    "Organization.export": 1,
    "Organization.trash": 1,
    "Organization.settings": 1,
    "Organization.effectiveSettings": 1,
    "Organization.deletion": 0,  # where nothing is deleted
    "OrganizationMember.organization": 1,
    "OrganizationMember.user": 1,
    "OrganizationMember.teams": 1,
    "OrganizationMember.events": 1,
    "OrganizationMember.deletion": 0,
    "Team.organization": 1,
    "Team.members": 1,
    "Team.tasks": 1,
    "Team.documents": 1,
    "Team.events": 1,
    "Team.settings": 1,
    "Team.effectiveSettings": 1,
    "Team.deletion": 0,
    "TeamMember.team": 1,
    "TeamMember.organizationMember": 1,
    "TeamMember.user": 1,
    "TeamMember.tasks": 1,
    "TeamMember.events": 1,
    "TeamMember.settings": 1,
    "TeamMember.effectiveSettings": 1,
    "TeamMember.deletion": 0,
    "Task.organization": 1,
    "Task.team": 1,
    "Task.assignee": 1,
    "Task.creator": 1,
    "Task.events": 1,
    "Task.deletion": 0,
    "Task.similar": 3,  # which model is active, how to walk its index, and what is similar: nothing here
    "Document.organization": 1,
    "Document.team": 1,
    "Document.createdBy": 1,
    "Document.chunks": 1,
    "Document.events": 1,
    "Document.deletion": 0,
    "Deletion.subject": 1,
    "Deletion.deletedBy": 1,
    "Deletion.counts": 0,
    "Event.subject": 1,
    "Event.actor": 1,
    "Event.apiKey": 0,  # where a person did it
    "Event.changes": 0,
    "Export.organization": 1,
    "Export.requestedBy": 1,
    "Export.counts": 0,
    "Export.events": 1,
    "Viewer.user": 0,
    "Viewer.organizations": 1,
    "Viewer.teams": 1,
    "Viewer.tasks": 1,
    "Viewer.apiKey": 0,  # of a person
    "Viewer.invitations": 1,
    "ApiKey.organization": 1,
    "ApiKey.createdBy": 1,
    "ApiKey.events": 1,
    "Invitation.organization": 1,
    "Invitation.teams": 1,
    "Invitation.invitedBy": 1,
    "Invitation.events": 1,
}
# What to select behind an edge, where not everything there has a `createdAt`.
SOMETHING = {
    "Deletion": "deletedAt",
    "Deletable": "deletedAt",
    "DeletionCounts": "tasks",
    "EffectiveSettings": "digest { value }",
}
# Other fields are columns, which add none.
LEAVES = {
    "Team.viewerRole": 1,  # and `viewerPermissions` reads the same
    "TeamMember.viewerPermissions": 1,
    "Task.viewerPermissions": 1,
    "Document.viewerPermissions": 1,
    "Document.text": 1,
    "Deletion.viewerPermissions": 2,  # the subjects, and the viewer's roles in their teams
}
ROOTS = {
    "viewer": ("viewer { user { name } }", 1),
    "node": ("node(id: $task) { ... on Task { title } }", 2),  # which noun it is of, then its row
    "nodes": ("nodes(ids: [$task, $other]) { ... on Task { title } }", 2),
    "organizations": ("organizations { nodes { name } }", 1),
    "organization": ("organization(by: {slug: $slug}) { name }", 1),
    "team": ("team(id: $team) { name }", 1),
    "task": ('task(by: {key: {organizationSlug: $slug, key: "T1-1"}}) { title }', 1),
    "document": ("document(id: $document) { title }", 1),
    # The organization, its settings, how common the words are, what passes the filter, the ranking, which finds none.
    "searchDocuments": ('searchDocuments(organizationId: $organization, query: "T1") { nodes { title } }', 5),
    # The same, the task of that key, and the rows.
    "searchTasks": ('searchTasks(organizationId: $organization, query: "T1-1") { nodes { title } }', 7),
    "deletionPreview": ("deletionPreview(id: $team) { tasks }", 2),  # which noun it is of, then all counts
    # Whether the viewer knows them, all counts, and the organizations that would have no owner.
    "erasurePreview": ("erasurePreview(id: $user) { tasks }", 3),
    "rateLimit": ("rateLimit { remaining }", 0),
}


def fields(*, leaf: bool) -> list[str]:
    """Every field of the types that have rows."""
    return [
        f"{name}.{field}"
        for name, graphql_type in graphql_schema.type_map.items()
        if name in PLACES and isinstance(graphql_type, GraphQLObjectType)
        for field, definition in graphql_type.fields.items()
        if is_leaf_type(get_named_type(definition.type)) == leaf and not definition.args.get("on")
    ]


def root_fields() -> list[str]:
    assert graphql_schema.query_type is not None
    return list(graphql_schema.query_type.fields)


def selection(edge: str) -> str:
    """The edge with a column of each row behind it; an id might need no statement."""
    name, field = edge.split(".")
    behind = get_named_type(fields_of(name)[field].type).name
    if behind.endswith("Connection"):
        return f"{field} {{ nodes {{ {column_of(behind.removesuffix('Connection'))} }} }}"
    return f"{field} {{ {column_of(behind)} }}"


def column_of(name: str) -> str:
    columns = (field for field, one in fields_of(name).items() if is_leaf_type(get_named_type(one.type)))
    return next((column for column in columns if column not in {"id", "viewerPermissions"}), "__typename")


def fields_of(name: str) -> dict[str, GraphQLField]:
    parent = graphql_schema.type_map[name]
    assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
    fields: dict[str, GraphQLField] = parent.fields
    return fields


async def cost(api: Api, tenant: Tenant, selected: str) -> int:
    """The statements after BEGIN; `selected` says `$slug` and so on for what the tenant has."""
    named: dict[str, Any] = {
        "slug": tenant.slug,
        "organization": tenant.id,
        "user": tenant.users[0],
        "team": tenant.teams[0],
        "task": tenant.tasks[0],
        "other": tenant.tasks[-1],
        "document": tenant.documents[0] if tenant.documents else None,
    }
    for name, value in named.items():
        selected = selected.replace(f"${name}", f'"{value}"')
    await api.data(f"{{ {selected} }}", who=tenant.owner)  # signing in, and what the driver asks about types
    await api.data(f"{{ {selected} }}", who=tenant.owner)
    return len(api.statements) - TRANSACTION


async def delete_two_tasks(api: Api, tenant: Tenant) -> None:
    for task in tenant.tasks[-2:]:
        await api.data("mutation ($id: ID!) { deleteTask(id: $id) { deletedIds } }", who=tenant.owner, id=str(task))


async def test_walk_costs_seven_statements_for_one_team_and_for_a_hundred(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    costs = []
    for teams in (1, 100):
        tenant = await make_tenant(superuser, members=3, teams=teams, tasks=2)
        await api.data("{ viewer { user { id } } }", who=tenant.owner)
        data = await api.data(WALK, who=tenant.owner, slug=tenant.slug)
        members = [member for team in data["organization"]["teams"]["nodes"] for member in team["members"]["nodes"]]
        assert [len(member["tasks"]["nodes"]) for member in members] == [2] * 3 * teams
        costs.append(len(api.statements))

    assert costs == [6, 6]  # BEGIN with the identity, organization, teams, members, users, tasks


@pytest.mark.parametrize("edge", fields(leaf=False))
async def test_an_edge_costs_what_is_pinned(api: Api, superuser: "asyncpg.Connection[Any]", edge: str) -> None:
    tenant = await make_tenant(superuser, members=3, teams=3, tasks=1, documents=3)
    await delete_two_tasks(api, tenant)
    place = PLACES[edge.partition(".")[0]]

    without = await cost(api, tenant, place.replace("SELECTION", "__typename"))
    with_it = await cost(api, tenant, place.replace("SELECTION", selection(edge)))

    assert with_it - without == EDGES[edge]


@pytest.mark.parametrize(
    "edge", ["Task.team", "Task.assignee", "TeamMember.team", "TeamMember.organizationMember", "Document.team"]
)
async def test_what_a_row_must_refer_to_is_not_loaded_for_its_id(
    api: Api, superuser: "asyncpg.Connection[Any]", edge: str
) -> None:
    tenant = await make_tenant(superuser, members=3, teams=3, tasks=1, documents=3)
    await superuser.execute("UPDATE tasks SET assignee_id = NULL WHERE id = $1", tenant.tasks[0])
    noun, field = edge.split(".")
    place = PLACES[noun]

    without = await cost(api, tenant, place.replace("SELECTION", "__typename"))
    with_it = await cost(api, tenant, place.replace("SELECTION", f"{field} {{ __typename id }}"))
    known, loaded = [
        await api.data(
            f"query ($slug: String!) {{ {place} }}".replace("SELECTION", asked), who=tenant.owner, slug=tenant.slug
        )
        for asked in (f"{field} {{ __typename id }}", f"{field} {{ __typename id }} other: {field} {{ createdAt }}")
    ]

    assert with_it == without
    assert known == without_other(loaded)


def without_other(answer: Any) -> Any:
    """The answer but for what is called `other` in it."""
    if isinstance(answer, list):
        return [without_other(one) for one in answer]
    if not isinstance(answer, dict):
        return answer
    return {name: without_other(one) for name, one in answer.items() if name != "other"}


async def test_the_people_tasks_are_assigned_to_cost_one_statement(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, members=3, teams=3, tasks=2)
    without = await cost(api, tenant, PLACES["Task"].replace("SELECTION", "__typename"))
    with_it = await cost(api, tenant, PLACES["Task"].replace("SELECTION", "assignee { id user { name } }"))

    assert with_it - without == 1


@pytest.mark.parametrize("name", PLACES)
async def test_columns_cost_nothing(api: Api, superuser: "asyncpg.Connection[Any]", name: str) -> None:
    tenant = await make_tenant(superuser, members=3, teams=3, tasks=1, documents=3)
    await delete_two_tasks(api, tenant)
    leaves = [leaf for leaf in fields(leaf=True) if leaf.startswith(f"{name}.")]
    selected = " ".join(leaf.split(".")[1] for leaf in leaves)

    without = await cost(api, tenant, PLACES[name].replace("SELECTION", "__typename"))
    with_them = await cost(api, tenant, PLACES[name].replace("SELECTION", f"__typename {selected}"))

    assert with_them - without == sum(LEAVES.get(leaf, 0) for leaf in leaves)


async def test_what_deleted_rows_went_with_costs_one_statement(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=3)
    await delete_two_tasks(api, tenant)
    deleted = "organization(by: {slug: $slug}) { tasks(deleted: ONLY) { nodes { SELECTION } } }"

    without = await cost(api, tenant, deleted.replace("SELECTION", "title"))
    with_it = await cost(api, tenant, deleted.replace("SELECTION", "title deletion { deletedAt }"))

    assert with_it - without == 1


@pytest.mark.parametrize("field", root_fields())
async def test_a_root_field_costs_what_is_pinned(api: Api, superuser: "asyncpg.Connection[Any]", field: str) -> None:
    tenant = await make_tenant(superuser, tasks=2, documents=1)
    selected, statements = ROOTS[field]

    assert await cost(api, tenant, selected) == statements


def test_every_noun_is_measured() -> None:
    node = graphql_schema.type_map["Node"]
    nouns = [one.name for one in graphql_schema.type_map.values() if node in getattr(one, "interfaces", ())]

    assert {*nouns, "Viewer", "DocumentChunk"} == PLACES.keys()


async def test_aliases_with_equal_arguments_share_a_statement(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    arguments = 'first: 3, filter: {name: {contains: "a"}}, orderBy: {field: KEY, direction: DESC}'

    equal = (
        f"organization(by: {{slug: $slug}}) {{ one: teams({arguments}) {{ nodes {{ name }} }} "
        f"two: teams({arguments}) {{ nodes {{ key }} edges {{ cursor }} pageInfo {{ hasNextPage }} }} }}"
    )

    assert await cost(api, tenant, equal) == 2


@pytest.mark.parametrize(
    "other", ["first: 4", "last: 3", "deleted: ONLY", 'filter: {name: {eq: "a"}}', "orderBy: {field: KEY}"]
)
async def test_aliases_with_other_arguments_are_statements_of_their_own(
    api: Api, superuser: "asyncpg.Connection[Any]", other: str
) -> None:
    tenant = await make_tenant(superuser)
    different = f"one: teams(first: 3) {{ nodes {{ name }} }} two: teams({other}) {{ nodes {{ name }} }}"

    assert await cost(api, tenant, f"organization(by: {{slug: $slug}}) {{ {different} }}") == 3


async def test_rows_and_their_count_are_read_only_when_asked_for(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser, teams=3)
    counted = {}
    for asked in ("nodes { name }", "totalCount", "nodes { name } totalCount"):
        await cost(api, tenant, f"organization(by: {{slug: $slug}}) {{ teams {{ {asked} }} }}")
        counted[asked] = ["count(*)" in statement for statement in api.statements if "teams" in statement]

    assert counted == {"nodes { name }": [False], "totalCount": [True], "nodes { name } totalCount": [False, True]}


async def test_only_the_columns_asked_for_are_selected(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    await cost(api, tenant, "organization(by: {slug: $slug}) { tasks { nodes { title assignee { role } } } }")
    columns = {name for statement in api.statements for name in re.findall(r"(?:tasks|team_members)\.(\w+)", statement)}

    # Keys, the scope, the order and its cursor, the edge to the assignee: and of the rest, title and role only.
    assert columns == {"organization_id", "id", "deleted_at", "created_at", "assignee_id", "title", "role"}


async def test_an_answer_is_one_snapshot(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser)
    query = (
        "query ($slug: String!) { organization(by: {slug: $slug}) { teams { nodes { tasks { nodes { title } } } } } }"
    )
    await api.data(query, who=tenant.owner, slug=tenant.slug)

    async with superuser.transaction():
        # The answer has read its organization when it comes to the lock, and waits there until the change is made.
        await superuser.execute("LOCK TABLE tasks")
        answer = asyncio.create_task(api.data(query, who=tenant.owner, slug=tenant.slug))
        await whoever_waits(superuser)
        await superuser.execute("UPDATE tasks SET title = 'Changed' WHERE organization_id = $1", tenant.id)
    before = await answer
    after = await api.data(query, who=tenant.owner, slug=tenant.slug)

    assert [titles(before), titles(after)] == [["Task 1"], ["Changed"]]


def titles(data: dict[str, Any]) -> list[str]:
    return [task["title"] for team in data["organization"]["teams"]["nodes"] for task in team["tasks"]["nodes"]]
