"""Who may import: those whom mutations would let do the same, and whoever runs the server."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.documents.models import DocumentKind
from app.importer.check import Row
from app.importer.documents import deposit
from app.importer.plan import survey
from app.importer.read_folder import Found
from app.importer.roles import NotAllowed
from app.importer.tasks import load
from tests.conftest import Database
from tests.importer.importing import Importer, execute_at_once, unique

GIVE = """
WITH member AS (
    UPDATE organization_members SET role = $2 FROM users WHERE users.id = user_id AND email = $1
    RETURNING organization_members.organization_id, organization_members.id
)
UPDATE team_members SET role = coalesce($3, team_members.role),
    deleted_at = CASE WHEN $3 IS NULL THEN now() END, deletion_id = CASE WHEN $3 IS NULL THEN gen_random_uuid() END
FROM member WHERE team_members.organization_id = member.organization_id AND organization_member_id = member.id
"""


async def colleague(importer: Importer, role: str, team_role: str | None) -> Importer:
    """Somebody who is that in the importer's organization and team, which has a task."""
    other = replace(importer, email=unique("other@example.com"))
    await importer.imports([importer.row("ENG-1", "One", assignee_email=other.email)])
    await importer.superuser.execute(GIVE, other.email, role, team_role)
    return other


@pytest.mark.parametrize(
    ("role", "team_role"),
    [("MEMBER", "MEMBER"), ("MEMBER", "ADMIN"), ("ADMIN", None), ("ADMIN", "VIEWER"), ("OWNER", None)],
)
async def test_who_works_in_a_team_imports_into_it(importer: Importer, role: str, team_role: str | None) -> None:
    other = await colleague(importer, role, team_role)

    assert (await other.imports([other.row("ENG-2", "Two")])).made == 1


@pytest.mark.parametrize(
    ("team_role", "reason"),
    [
        ("VIEWER", "Team ENG: You only read in this team: ask one of its admins to make you a member."),
        (None, "Team ENG: You are not in this team: ask one of its admins to add you."),
    ],
)
async def test_who_does_not_work_in_a_team_makes_nothing(
    importer: Importer, team_role: str | None, reason: str
) -> None:
    other = await colleague(importer, "MEMBER", team_role)
    before = await importer.left()
    rows = [other.row("ENG-2", "Two"), other.row("WEB-1", "New", team="Web")]

    with pytest.raises(NotAllowed) as refused:
        await other.imports(rows)

    assert str(refused.value) == f"{reason} Whoever runs this server may import all the same: add --operator"
    assert await importer.left() == before
    assert (await other.imports(rows, operator=True)).made == 2


async def test_any_member_makes_a_team_and_imports_into_it(importer: Importer) -> None:
    other = await colleague(importer, "MEMBER", "VIEWER")

    assert (await other.imports([other.row("WEB-1", "New", team="Web")])).teams == 1


async def test_who_may_not_bring_people_in_brings_none_in_by_a_file(importer: Importer) -> None:
    other = await colleague(importer, "MEMBER", "ADMIN")
    before = await importer.left()

    with pytest.raises(NotAllowed, match=r"People of the file: Only the organization's owners and admins manage its"):
        await other.imports([other.row("ENG-2", "Two", assignee_email=unique("new@example.com"))])

    assert await importer.left() == before


@pytest.mark.parametrize(("team_role", "may"), [("ADMIN", True), ("MEMBER", False)])
async def test_only_admins_of_a_team_bring_members_into_it(importer: Importer, team_role: str, may: bool) -> None:
    other = await colleague(importer, "MEMBER", team_role)
    before = await importer.left()
    rows = [other.row("ENG-2", "Two", assignee_email=unique("third@example.com"))]
    await importer.imports([importer.row("WEB-1", team="Web", assignee_email=rows[0].assignee_email)])
    before = await importer.left()

    if may:
        assert (await other.imports(rows)).made == 1
        return
    with pytest.raises(NotAllowed, match="People of the file in team ENG: Only the team's admins and those of the"):
        await other.imports(rows)
    assert await importer.left() == before


async def test_who_is_demoted_meanwhile_makes_no_more(importer: Importer, database: Database) -> None:
    other = await colleague(importer, "MEMBER", "MEMBER")
    rows = [other.row(f"ENG-{n}") for n in range(2, 1602)]

    def interrupted() -> Iterator[Row]:
        yield from rows[:1000]
        execute_at_once(database.superuser_url, GIVE, other.email, "MEMBER", "VIEWER")
        yield from rows[1000:]

    with pytest.raises(NotAllowed):
        await load(other.url, interrupted(), survey(rows, print), email=other.email)

    assert len(await other.tasks()) == 1001


@pytest.mark.parametrize(
    ("team", "reason"),
    [
        ("Engineering", "Team ENG: You only read in this team"),
        (None, "Documents without a team: Only the organization's owners and admins write its documents"),
    ],
)
async def test_documents_ask_the_same(importer: Importer, team: str | None, reason: str) -> None:
    other = await colleague(importer, "MEMBER", "VIEWER")
    guide = Found("guide.md", "Guide", DocumentKind.MARKDOWN, "# Guide")
    home = other.organization

    with pytest.raises(NotAllowed, match=reason):
        await deposit(other.url, [guide], organization=home, team=team, email=other.email)

    count = "SELECT count(*) FROM documents JOIN organizations o ON o.id = organization_id WHERE o.name = $1"
    assert await importer.superuser.fetchval(count, home) == 0
    done = await deposit(other.url, [guide], organization=home, team=team, email=other.email, operator=True)
    assert done.made == 1
