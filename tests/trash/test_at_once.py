"""Restores at the same time: all take their locks from the top down, so that none has to give way to another."""

import asyncio
from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.factories import make_tenant
from tests.locks import until_waiting

RESTORES = {
    "restoreTeam": 'mutation {{ restored: restoreTeam(id: "{team}") {{ userErrors {{ code }} }} }}',
    "restoreDeletion": 'mutation {{ restored: restoreDeletion(id: "{deletion}") {{ userErrors {{ code }} }} }}',
}


@pytest.mark.parametrize("restore", RESTORES)
async def test_a_team_and_a_member_of_it_come_back_at_once(
    api: Api, superuser: "asyncpg.Connection[Any]", restore: str
) -> None:
    """The team asks for its organization, which the other holds, who in turn asks for the team."""
    tenant = await make_tenant(superuser, members=2)
    team, member = tenant.teams[0], tenant.members[1]
    await api.data(f'mutation {{ removeOrganizationMember(id: "{member}") {{ deletedIds }} }}', who=tenant.owner)
    data = await api.data(f'mutation {{ deleteTeam(id: "{team}") {{ deletion {{ id }} }} }}', who=tenant.owner)
    deletion = data["deleteTeam"]["deletion"]["id"]
    other = f'mutation {{ restored: restoreOrganizationMember(id: "{member}") {{ userErrors {{ code }} }} }}'

    async with superuser.transaction():
        await superuser.execute("SELECT FROM deletions WHERE id = $1 FOR UPDATE", deletion)
        restores = []
        for waiting, document in enumerate([RESTORES[restore].format(team=team, deletion=deletion), other], 1):
            restores.append(asyncio.create_task(api.ask(document, who=tenant.owner)))
            await until_waiting(superuser, waiting)

    assert await asyncio.gather(*restores) == [{"data": {"restored": {"userErrors": []}}}] * 2
    live = "SELECT count(*) FROM team_members WHERE organization_id = $1 AND deleted_at IS NULL"
    assert await superuser.fetchval(live, tenant.id) == 2


@pytest.mark.parametrize("noun", ["Task", "TeamMember"])
async def test_an_organization_and_what_is_in_its_teams_come_back_at_once(
    api: Api, superuser: "asyncpg.Connection[Any]", noun: str
) -> None:
    """The organization asks for its teams, one of which the other holds, who in turn asks for the deletion of both."""
    tenant = await make_tenant(superuser, members=2)
    one = tenant.tasks[1] if noun == "Task" else tenant.team_members[1]
    data = await api.data(
        f'mutation {{ deleteOrganization(id: "{tenant.id}") {{ deletion {{ id }} }} }}', who=tenant.owner
    )
    restores = [("Organization", tenant.id), (noun, one)]

    async with superuser.transaction():
        deletion = data["deleteOrganization"]["deletion"]["id"]
        await superuser.execute("SELECT FROM deletions WHERE id = $1 FOR UPDATE", deletion)
        answers = []
        for waiting, (what, row_id) in enumerate(restores, 1):
            document = f'mutation {{ restored: restore{what}(id: "{row_id}") {{ userErrors {{ code }} }} }}'
            answers.append(asyncio.create_task(api.ask(document, who=tenant.owner)))
            await until_waiting(superuser, waiting)

    first, second = await asyncio.gather(*answers)
    assert first == {"data": {"restored": {"userErrors": []}}}
    assert [error["extensions"]["code"] for error in second["errors"]] == ["NOT_FOUND"]  # it is back by then
