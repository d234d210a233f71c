"""What an import does stands in the logs of the organizations, as if people had done it one by one."""

from typing import Any

import orjson

from tests.api import Api
from tests.importer.importing import OWN, Importer, unique

EVENTS = f"""
SELECT type, subject_type, changes, users.email, request_id FROM events LEFT JOIN users ON users.id = actor_id
WHERE organization_id = ANY({OWN}) ORDER BY organization_id, sequence
"""
REMOVE = "mutation ($id: ID!) { removeOrganizationMember(id: $id) { deletedIds } }"


async def events(importer: Importer) -> list[tuple[str, str, dict[str, Any]]]:
    """What happened, of what, and the values afterwards of what the event says; all of it by the importer."""
    rows = await importer.superuser.fetch(EVENTS, importer.email)
    assert {(row["email"], row["request_id"]) for row in rows} == {(importer.email, None)}
    return [(row["type"], row["subject_type"], _after(row["changes"])) for row in rows]


def _after(changes: str) -> dict[str, Any]:
    return {name: values["after"] for name, values in orjson.loads(changes).items()}


async def test_each_row_that_an_import_makes_has_its_event(importer: Importer) -> None:
    guest = unique("guest@example.com")
    await importer.imports([importer.row("ENG-7", "One", assignee_email=guest, tags=("a",)), importer.row("ENG-8")])

    found = await events(importer)

    assert [(what, noun) for what, noun, _ in found] == [
        ("CREATED", "Organization"),
        ("CREATED", "OrganizationMember"),
        ("CREATED", "Team"),
        ("CREATED", "OrganizationMember"),
        ("CREATED", "TeamMember"),
        ("CREATED", "TeamMember"),
        ("CREATED", "Task"),
        ("CREATED", "Task"),
    ]
    changes = [after for _, _, after in found]
    assert changes[0] == {"name": importer.organization, "slug": importer.organization.lower()}
    assert (changes[1]["role"], changes[3]["role"], changes[4]["role"]) == ("OWNER", "MEMBER", "ADMIN")
    assert changes[2] == {"key": "ENG", "name": "Engineering"}
    assert {name: changes[6][name] for name in ("number", "title", "status", "tags")} == {
        "number": 7,
        "title": "One",
        "status": "TODO",
        "tags": ["a"],
    }


async def test_a_second_import_of_the_same_has_no_events(importer: Importer) -> None:
    rows = [importer.row("ENG-1"), importer.row("ENG-2")]
    await importer.imports(rows)
    before = await events(importer)

    await importer.imports([*rows, importer.row("ENG-3", "New")])

    assert [(*one[:2], one[2]["title"]) for one in (await events(importer))[len(before) :]] == [
        ("CREATED", "Task", "New")
    ]


async def test_who_comes_back_by_an_import_is_said_to(importer: Importer, api: Api) -> None:
    guest = unique("guest@example.com")
    await importer.imports([importer.row("ENG-1", assignee_email=guest)])
    member = "SELECT m.id FROM organization_members AS m JOIN users ON users.id = user_id WHERE email = $1"
    member_id = await importer.superuser.fetchval(member, guest)
    await api.data(REMOVE, who=importer.email, id=str(member_id))

    await importer.imports([importer.row("ENG-2", assignee_email=guest)])

    rows = await importer.superuser.fetch(EVENTS, importer.email)
    assert [(row["type"], row["subject_type"]) for row in rows][-3:] == [
        ("DELETED", "OrganizationMember"),
        ("RESTORED", "OrganizationMember"),
        ("CREATED", "Task"),
    ]
    assert _after(rows[-2]["changes"]) == {"deleted_at": None, "deletion_id": None}
