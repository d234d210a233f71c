"""Whom an import assigns tasks to, and who leaves while it is running."""

from collections.abc import Iterator

import pytest

from app.importer.check import Row
from app.importer.lock import RemovedMeanwhile
from app.importer.plan import survey
from app.importer.tasks import load
from tests.conftest import Database
from tests.importer.importing import OWN, Importer, execute_at_once, unique

REMOVE = f"""
UPDATE team_members SET deleted_at = now(), deletion_id = gen_random_uuid()
FROM organization_members AS m JOIN users ON users.id = m.user_id
WHERE m.organization_id = ANY({OWN}) AND organization_member_id = m.id
AND team_members.organization_id = m.organization_id AND users.email = $2
"""
ERASE = """
SELECT trellis_erase(id, NULL, NULL, NULL) FROM users
WHERE email = $2 AND $1 <> email AND set_config('app.actor_id', id::text, false) <> ''
"""


@pytest.mark.parametrize("leave", [REMOVE, ERASE], ids=["removed", "erased"])
async def test_who_leaves_meanwhile_comes_back_by_the_same_command(
    importer: Importer, database: Database, leave: str
) -> None:
    ada, bob = unique("ada@example.com"), unique("bob@example.com")
    rows = [importer.row(f"ENG-{n}", assignee_email=ada if n % 3 else bob) for n in range(1, 1101)]

    def interrupted() -> Iterator[Row]:
        yield from rows[:1050]
        execute_at_once(database.superuser_url, leave, importer.email, ada)
        yield from rows[1050:]

    with pytest.raises(RemovedMeanwhile) as refused:
        await load(importer.url, interrupted(), survey(rows, print), email=importer.email)
    made = len(await importer.tasks())
    summary = await importer.imports(rows)

    assert str(refused.value) == (
        f"{ada} was removed while this was being imported: run the same command again, and they come back, "
        "or leave the assignees out"
    )
    assert (made, summary.made, summary.there) == (1_000, 100, 1_000)
    assert [email for *_, email in (await importer.tasks())[1_000:]] == [row.assignee_email for row in rows[1_000:]]


async def test_others_who_leave_meanwhile_stop_nothing(importer: Importer, database: Database) -> None:
    ada, bob = unique("ada@example.com"), unique("bob@example.com")
    rows = [importer.row(f"ENG-{n}", assignee_email=ada if n == 1 else bob) for n in range(1, 1101)]

    def interrupted() -> Iterator[Row]:
        yield from rows[:1050]
        execute_at_once(database.superuser_url, REMOVE, importer.email, ada)
        yield from rows[1050:]

    summary = await load(importer.url, interrupted(), survey(rows, print), email=importer.email)

    assert summary.made == 1_100
