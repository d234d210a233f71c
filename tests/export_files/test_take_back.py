"""Taking an export back: whose it becomes, who comes along, and that of what cannot be nothing is left."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.export_files.arrive import Contradiction, SlugTaken
from app.export_files.read import read_export
from app.export_files.take_back import survey, take_back
from app.formats.record import FileUnusable
from tests.api import Api
from tests.export_files.exporting import taken_back
from tests.export_files.exports import (
    ANN,
    AT,
    BOB,
    IN_TEAM,
    OTHER,
    TEAM,
    document,
    event,
    member,
    organization,
    task,
    team,
    team_member,
    write,
)
from tests.factories import make_tenant
from tests.importer.importing import Importer, unique

PEOPLE = """
SELECT email, role FROM organization_members JOIN users ON users.id = user_id
JOIN organizations ON organizations.id = organization_id WHERE slug = $1 ORDER BY organization_members.created_at
"""


async def take(importer: Importer, path: Path, slug: str) -> Mapping[str, int]:
    return await taken_back(importer.url, path, slug, importer.email)


async def people(importer: Importer, slug: str) -> list[tuple[str, str]]:
    return [tuple(row) for row in await importer.superuser.fetch(PEOPLE, slug)]


async def test_whoever_imports_it_becomes_an_owner(importer: Importer, tmp_path: Path) -> None:
    slug, ann = unique("acme"), unique("ann@example.com")
    path = write(tmp_path / "export", organization(), member(email=ann, role="MEMBER"), team(), team_member(), event())

    made = await take(importer, path, slug)

    assert made == {"organization": 1, "member": 1, "team": 1, "team_member": 1}
    assert sorted(await people(importer, slug)) == sorted([(ann, "MEMBER"), (importer.email, "OWNER")])


async def test_also_where_they_were_a_member(importer: Importer, tmp_path: Path) -> None:
    slug = unique("acme")
    path = write(tmp_path / "export", organization(), member(email=importer.email.upper(), role="MEMBER"))

    await take(importer, path, slug)

    assert await people(importer, slug) == [(importer.email, "OWNER")]


async def test_who_has_an_account_comes_with_it(
    importer: Importer, tmp_path: Path, api: Api, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant, slug = await make_tenant(superuser), unique("acme")
    path = write(
        tmp_path / "export",
        *(organization(), member(email=tenant.owner, name="Ann as the file has her", role="ADMIN"), team()),
        *(team_member(), task(assignee=IN_TEAM, creator=ANN)),
    )

    await take(importer, path, slug)

    query = (
        "query ($slug: String!) { organization(by: {slug: $slug}) { viewerRole tasks { nodes { creator { name } } } } }"
    )
    assert await api.data(query, who=tenant.owner, slug=slug) == {
        "organization": {"viewerRole": "ADMIN", "tasks": {"nodes": [{"creator": {"name": "Person 1"}}]}}
    }


@pytest.mark.parametrize("address", [None, "ann\u200b@example.com"])
async def test_whom_no_address_tells_from_others_stays_out(
    importer: Importer, tmp_path: Path, address: str | None
) -> None:
    """Their tasks come without them."""
    slug = unique("acme")
    path = write(
        tmp_path / "export",
        *(organization(), member(email=address), member(id=OTHER, person=BOB, email=unique("bob@example.com"))),
        *(team(last_number=2), team_member(), task(assignee=IN_TEAM, creator=ANN), document(creator=ANN)),
    )

    made = await take(importer, path, slug)

    assert (made["member"], made["team_member"], made["task"], made["document"]) == (1, 0, 1, 1)
    row = await importer.superuser.fetchrow(
        "SELECT assignee_id, creator_id FROM tasks JOIN organizations ON organizations.id = organization_id"
        " WHERE slug = $1",
        slug,
    )
    assert row is not None
    assert tuple(row) == (None, None)


async def test_where_the_slug_is_taken_nothing_happens(
    importer: Importer, tmp_path: Path, superuser: "asyncpg.Connection[Any]"
) -> None:
    tenant = await make_tenant(superuser)
    path = write(tmp_path / "export", organization(slug=tenant.slug), member(email=unique("ann@example.com")))

    with pytest.raises(SlugTaken, match=f"There is an organization {tenant.slug} already: name another slug by --org"):
        await take(importer, path, tenant.slug)

    assert await importer.left() == {table: set() for table in await importer.left()}


OLD = {"key": "OLD-1", "until": AT}
CONTRADICTIONS = {
    "two tasks of one number": (team(), task(), task()),
    "two teams of one key": (team(), team(id=OTHER)),
    "a person twice": (member(id=OTHER),),
    "an address twice": (member(id=OTHER, person=BOB), member(id=TEAM, person=TEAM)),
    "one former key twice": (team(), task(former_keys=[OLD, OLD])),
    "a team that there is not": (task(),),
    "somebody in a team that there is not": (team_member(),),
    "a document of no team": (document(team=TEAM),),
    "an assignee of another team": (
        *(team(), team(id=OTHER, key="OPS"), team_member(), task(team=OTHER, assignee=IN_TEAM)),
    ),
}


@pytest.mark.parametrize("lines", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
async def test_of_what_contradicts_itself_nothing_is_left(
    importer: Importer, tmp_path: Path, lines: tuple[dict[str, Any], ...]
) -> None:
    path = write(tmp_path / "export", organization(), member(email=importer.email), *lines)

    with pytest.raises(Contradiction, match=r"^The file contradicts itself: "):
        await take(importer, path, unique("acme"))

    assert await importer.left() == {table: set() for table in await importer.left()}


@pytest.mark.parametrize("lines", [(), (member(),), (organization(), organization()), (member(), organization())])
async def test_a_file_is_of_one_organization(importer: Importer, tmp_path: Path, lines: Any) -> None:
    with pytest.raises(FileUnusable, match="The file is of no organization, or of several"):
        await take(importer, write(tmp_path / "export", *lines), unique("acme"))


async def test_a_file_that_changes_while_it_is_read_leaves_nothing(importer: Importer, tmp_path: Path) -> None:
    """As when somebody cuts it between its two readings."""
    path = write(tmp_path / "export", organization(), member(email=importer.email), team(), task())
    plan = survey(read_export(path))
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(FileUnusable, match="is not whole"):
        await take_back(importer.url, read_export(path), plan, slug=unique("acme"), email=importer.email)

    assert await importer.left() == {table: set() for table in await importer.left()}
