"""Tasks are looked up by their titles, and nobody by those of others."""

from typing import Any

import asyncpg

from tests.api import Api
from tests.factories import make_tenant

TITLED = "SELECT count(*) FROM trellis_titled(ARRAY['a TITLE of its own'])"
LIST = """query ($id: ID!) { organization(by: {id: $id}) {
    tasks(filter: {title: {eq: "a TITLE of its own"}}) { nodes { key } totalCount }
    other: tasks(filter: {not: {title: {in: ["A title of its own", "x"]}}}) { totalCount }
    both: tasks(filter: {or: [{title: {eq: "A title OF its own"}}, {number: {eq: 2}}]}) { totalCount }
} }"""
BECOME = "SELECT set_config('app.organization_ids', $1, false)"


async def test_a_title_is_found_in_any_case(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, tasks=3)
    await superuser.execute("UPDATE tasks SET title = 'A Title of its own' WHERE id = $1", tenant.tasks[0])

    data = await api.data(LIST, who=tenant.owner, id=str(tenant.id))

    assert data["organization"] == {
        "tasks": {"nodes": [{"key": "T1-1"}], "totalCount": 1},
        "other": {"totalCount": 2},
        "both": {"totalCount": 2},
    }


async def test_those_of_others_are_not_found(
    api: Api, superuser: "asyncpg.Connection[Any]", runtime: "asyncpg.Connection[Any]"
) -> None:
    own, other = await make_tenant(superuser), await make_tenant(superuser)
    await superuser.execute("UPDATE tasks SET title = 'A title of its own' WHERE id = $1", other.tasks[0])

    found = []
    for organization_ids in ("", f"{{{own.id}}}", f"{{{other.id}}}"):
        await runtime.execute(BECOME.replace("$1", f"'{organization_ids}'"))
        found.append(await runtime.fetchval(TITLED))

    assert found == [0, 0, 1]
    assert (await api.data(LIST, who=own.owner, id=str(own.id)))["organization"]["tasks"]["totalCount"] == 0
