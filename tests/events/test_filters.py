"""Which events a filter lets through."""

from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.events.reading import log, make_log, sequences
from tests.factories import make_tenant

FILTERS: list[tuple[dict[str, Any], list[int]]] = [
    ({}, [6, 5, 4, 3, 2, 1]),
    ({"type": {"eq": "CREATED"}}, [6, 4, 2]),
    ({"type": {"in": ["UPDATED", "PURGED"]}}, [5, 3, 1]),
    ({"subjectType": {"eq": "Team"}}, [4, 1]),
    ({"subjectType": {"in": ["TEAM", "team"]}}, [4, 1]),
    ({"subjectType": {"ne": "Team"}, "type": {"eq": "CREATED"}}, [6, 2]),
    ({"actor": {"email": {"startsWith": "person1@"}}}, [6, 3]),
    ({"not": {"actor": {"email": {"startsWith": "person1@"}}}}, [5, 4, 2, 1]),
    ({"since": "2026-01-03T12:00:00Z"}, [6, 5, 4, 3]),  # 3 and 4 are of the same moment
    ({"since": "2026-01-03T12:00:00.000001Z"}, [6, 5]),
    ({"since": "2026-01-03T13:00:00+01:00"}, [6, 5, 4, 3]),
    ({"since": "2027-01-01T00:00:00Z"}, []),
    ({"until": "2026-01-03T12:00:00Z"}, [2, 1]),
    ({"until": "2026-01-03T12:00:00.000001Z"}, [4, 3, 2, 1]),
    ({"until": "2025-01-01T00:00:00Z"}, []),
    ({"since": "2026-01-02T00:00:00Z", "until": "2026-01-04T00:00:00Z"}, [4, 3, 2]),
    ({"not": {"since": "2026-01-03T12:00:00Z"}}, [2, 1]),
    ({"not": {"since": "2027-01-01T00:00:00Z"}}, [6, 5, 4, 3, 2, 1]),
    ({"or": [{"until": "2026-01-02T00:00:00Z"}, {"since": "2026-01-05T00:00:00Z"}]}, [6, 1]),
]


@pytest.mark.parametrize(("condition", "found"), FILTERS, ids=lambda value: str(value)[:40])
async def test_filters(
    api: Api, superuser: "asyncpg.Connection[Any]", condition: dict[str, Any], found: list[int]
) -> None:
    tenant, other = await make_tenant(superuser, members=2, tasks=1), await make_tenant(superuser, members=2)
    await make_log(superuser, other, 1, 2, 31)  # of others, so that a moment is another place in their log
    await make_log(superuser, tenant, 1, 2, 3, 3, 4, 5)

    page = await log(api, tenant, filter=condition)

    assert [event["sequence"] for event in page["nodes"]] == found
    assert page["totalCount"] == len(found)


async def test_a_filter_finds_what_happened_to_one_object(api: Api, superuser: "asyncpg.Connection[Any]") -> None:
    tenant = await make_tenant(superuser, members=2)
    await make_log(superuser, tenant, *range(1, 7))

    assert await sequences(api, tenant, filter={"subjectId": {"eq": str(tenant.tasks[0])}}) == [6, 3]


async def test_each_of_several_organizations_has_its_own_moments(
    api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    mine, second = await make_tenant(superuser, members=2), await make_tenant(superuser, members=2)
    await superuser.execute(
        """INSERT INTO organization_members (organization_id, id, user_id, role, created_at, updated_at)
           VALUES ($1, gen_random_uuid(), $2, 'MEMBER', now(), now())""",
        second.id,
        mine.users[0],
    )
    await make_log(superuser, mine, 1, 2, 3)
    await make_log(superuser, second, 3, 4, 5)

    data = await api.data(
        '{ organizations { nodes { slug events(filter: {since: "2026-01-03T00:00:00Z"}) { nodes { sequence } } } } }',
        who=mine.owner,
    )

    found = {one["slug"]: one["events"]["nodes"] for one in data["organizations"]["nodes"]}
    assert found == {mine.slug: [{"sequence": 3}], second.slug: [{"sequence": 3}, {"sequence": 2}, {"sequence": 1}]}
