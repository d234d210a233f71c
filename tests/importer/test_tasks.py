"""Imports into a real database: what is made, and that a second run makes nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any
from zlib import crc32

import asyncpg
import pytest

from app.importer.check import Row
from app.importer.connection import DatabaseUnreachable, TablesMissing
from app.importer.lock import DeletedMeanwhile
from app.importer.plan import survey
from app.importer.tasks import FileChanged, load
from tests.api import Api
from tests.conftest import Database
from tests.importer.importing import OWN, Importer, execute_at_once, unique
from tests.locks import until_waiting


async def test_what_is_missing_is_made_and_the_importer_owns_it(importer: Importer) -> None:
    summary = await importer.imports([importer.row("ENG-7", "One"), importer.row("DES-3", "Two", team="Design")])

    assert (summary.organizations, summary.teams, summary.people, summary.made, summary.there) == (1, 2, 0, 2, 0)
    assert await importer.tasks() == [("ENG", 7, "One", None), ("DES", 3, "Two", None)]
    made = await importer.superuser.fetch(
        """
        SELECT organizations.name, slug, teams.name, teams.key, last_number,
               organization_members.role, team_members.role
        FROM users JOIN organization_members ON user_id = users.id
        JOIN team_members ON organization_member_id = organization_members.id
        JOIN teams ON teams.id = team_id JOIN organizations ON organizations.id = organization_members.organization_id
        WHERE email = $1 ORDER BY teams.key
        """,
        importer.email,
    )
    name, slug = importer.organization, importer.organization.lower()
    assert [tuple(row) for row in made] == [
        (name, slug, "Design", "DES", 3, "OWNER", "ADMIN"),
        (name, slug, "Engineering", "ENG", 7, "OWNER", "ADMIN"),
    ]


async def test_what_is_imported_can_be_found(importer: Importer) -> None:
    rows = [importer.row("ENG-1", "Login fails", description="On Safari"), importer.row("ENG-2", "Invoices")]
    await importer.imports(rows)
    found = await importer.superuser.fetch(
        """
        SELECT content::text, EXISTS (SELECT FROM embedding_jobs AS j WHERE j.subject_id = search_texts.subject_id)
            OR EXISTS (SELECT FROM embeddings AS e WHERE e.subject_id = search_texts.subject_id) AS queued
        FROM search_texts JOIN tasks ON tasks.id = task_id JOIN users ON users.id = creator_id
        WHERE users.email = $1 ORDER BY number
        """,
        importer.email,
    )

    assert [tuple(row) for row in found] == [("'fail':2A 'login':1A 'safari':4B", True), ("'invoic':1A", True)]


async def test_every_column_arrives(importer: Importer) -> None:
    row = importer.row(
        "ENG-1",
        "Ünï 'quotes' \\ and 🎉",
        description="Two\r\nlines\ttab",
        status="DONE",
        priority="HIGH",
        estimate=2.5,
        due_date=date(2026, 12, 31),
        tags=("a,b", 'c"d', "{e}"),
    )
    await importer.imports([row])

    task = await importer.superuser.fetchrow("SELECT * FROM tasks WHERE title = $1", row.title)
    assert task is not None
    assert {name: task[name] for name in ("description", "status", "priority", "estimate", "due_date", "version")} == {
        "description": "Two\r\nlines\ttab",
        "status": "DONE",
        "priority": "HIGH",
        "estimate": 2.5,
        "due_date": date(2026, 12, 31),
        "version": 1,
    }
    assert task["tags"] == ["a,b", 'c"d', "{e}"]
    assert task["created_at"] == task["updated_at"] == task["completed_at"]
    assert task["id"].version == 7
    creator = await importer.superuser.fetchval("SELECT email FROM users WHERE id = $1", task["creator_id"])
    assert creator == importer.email


async def test_a_second_run_changes_nothing(importer: Importer) -> None:
    rows = [
        importer.row("JSW-1", assignee_email=unique("ada@example.com")),
        importer.row("JSW-2"),
        importer.row("GHS-9"),
        importer.row(None, "No key"),
        importer.row(None, "No key", description="and another text"),
        importer.row(None, "No key", repeat=1),
        importer.row("DES-1", team="Design"),
    ]
    first = await importer.imports(rows, made_up=3)
    before = await importer.left()

    second = await importer.imports(rows, made_up=3)

    assert (first.made, first.people) == (7, 7)
    assert (second.organizations, second.teams, second.people, second.made, second.there) == (0, 0, 0, 0, 7)
    assert await importer.left() == before


async def test_the_prefix_of_most_keys_is_the_teams_and_the_other_keys_still_find_their_tasks(
    importer: Importer, api: Api
) -> None:
    keys = ("GHS-5", "JSW-3", "JSW-20", "GHS-20", "JSW-4", None)
    await importer.imports(importer.row(key, f"Was {key}") for key in keys)

    assert await importer.tasks() == [
        ("JSW", 21, "Was GHS-5", None),
        ("JSW", 3, "Was JSW-3", None),
        ("JSW", 20, "Was JSW-20", None),
        ("JSW", 22, "Was GHS-20", None),
        ("JSW", 4, "Was JSW-4", None),
        ("JSW", 23, "Was None", None),
    ]
    query = "query ($by: TaskBy!) { task(by: $by) { title } }"
    for key in ("GHS-5", "GHS-20", "JSW-20"):
        by = {"key": {"organizationSlug": importer.organization.lower(), "key": key}}
        assert await api.data(query, who=importer.email, by=by) == {"task": {"title": f"Was {key}"}}
    last_number = "SELECT last_number FROM teams JOIN organizations o ON o.id = organization_id WHERE o.name = $1"
    assert await importer.superuser.fetchval(last_number, importer.organization) == 23


async def test_two_teams_with_one_prefix_keep_their_tasks_apart(importer: Importer, api: Api) -> None:
    rows = [importer.row("ENG-1", "Web's", team="Web"), importer.row("ENG-1", "App's", team="App")]

    summary = await importer.imports(rows)
    again = await importer.imports(rows)

    assert summary.notes == ["The key ENG is another team's: the keys of App begin with ENG2"]
    assert await importer.tasks() == [("ENG", 1, "Web's", None), ("ENG2", 1, "App's", None)]
    assert (again.made, again.there) == (0, 2)
    query = "query ($by: TaskBy!) { task(by: $by) { key title } }"
    former = {"formerKey": {"organizationSlug": importer.organization.lower(), "key": "ENG-1"}}
    found = await api.data(query, who=importer.email, by=former)
    assert found == {"task": {"key": "ENG2-1", "title": "App's"}}


async def test_a_run_after_a_crash_ends_where_one_run_would_have(importer: Importer) -> None:
    rows = [
        importer.row(f"GHS-{n}" if n % 3 == 0 else f"JSW-{n}" if n % 3 == 1 else None, f"Task {n}")
        for n in range(1, 2501)
    ]
    whole = replace(importer, organization=unique("Whole"), email=unique("whole@example.com"))

    def crashing() -> Iterator[Row]:
        yield from rows[:1700]
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await load(importer.url, crashing(), survey(rows, print), email=importer.email)
    assert len(await importer.tasks()) == 1000
    summary = await importer.imports(rows)
    await whole.imports(replace(row, organization=whole.organization) for row in rows)

    assert (summary.organizations, summary.made, summary.there) == (0, 1500, 1000)
    assert await importer.tasks() == await whole.tasks()


async def test_two_imports_at_once_make_everything_once(importer: Importer) -> None:
    rows = [importer.row(f"GHS-{n}" if n % 3 == 0 else f"JSW-{n}", f"Task {n}") for n in range(1, 1501)]

    first, second = await asyncio.gather(importer.imports(rows, made_up=2), importer.imports(rows, made_up=2))

    assert (first.organizations + second.organizations, first.teams + second.teams) == (1, 1)
    assert (first.people + second.people, first.made + second.made) == (2, 1500)
    assert sorted(title for _, _, title, _ in await importer.tasks()) == sorted(f"Task {n}" for n in range(1, 1501))


async def test_tasks_are_made_in_the_order_of_the_file(importer: Importer) -> None:
    await importer.imports(importer.row(f"ENG-{n}") for n in (3, 1, 2))

    made = await importer.superuser.fetch(
        "SELECT number, tasks.created_at FROM tasks JOIN organizations o ON o.id = organization_id WHERE o.name = $1"
        " ORDER BY tasks.created_at",
        importer.organization,
    )
    assert [row["number"] for row in made] == [3, 1, 2]
    assert all(earlier["created_at"] < later["created_at"] for earlier, later in pairwise(made))


async def test_what_people_did_to_a_task_stays_done(importer: Importer) -> None:
    rows = [importer.row("ENG-1"), importer.row(None, "No key"), importer.row("ENG-2")]
    await importer.imports(rows)
    await importer.superuser.execute(
        f"""
        UPDATE tasks SET title = 'Renamed', description = number::text, number = number + 100, version = 2,
            deleted_at = CASE title WHEN 'No key' THEN now() END
        WHERE organization_id = (SELECT id FROM organizations WHERE name = '{importer.organization}')
        """
    )
    before = await importer.left()

    summary = await importer.imports(rows)

    assert (summary.made, summary.there) == (0, 3)
    assert await importer.left() == before


async def test_a_task_whose_number_another_has_gets_the_next_one_and_its_key_finds_it(
    importer: Importer, api: Api
) -> None:
    """As the one that it had before, where it is the other one's now."""
    await importer.imports([importer.row("ENG-4", "Four"), importer.row(None, "Becomes ENG-5")])

    rows = [importer.row("ENG-5", "Five"), importer.row("ENG-6", "Six")]
    summary, again = await importer.imports(rows), await importer.imports(rows)

    assert (summary.made, summary.there, again.made, again.there) == (2, 0, 0, 2)
    assert (summary.notes, again.notes) == (["Another task has the number of ENG-5, which is ENG-7 here"], [])
    assert await importer.tasks() == [
        ("ENG", 4, "Four", None),
        ("ENG", 5, "Becomes ENG-5", None),
        ("ENG", 7, "Five", None),
        ("ENG", 6, "Six", None),
    ]
    query = "query ($by: TaskBy!) { task(by: $by) { title } }"
    by = {"key": {"organizationSlug": importer.organization.lower(), "key": "ENG-5"}}
    assert await api.data(query, who=importer.email, by=by) == {"task": {"title": "Becomes ENG-5"}}
    former = {"formerKey": by["key"]}
    assert await api.data(query, who=importer.email, by=former) == {"task": {"title": "Five"}}
    former = {"formerKey": {**by["key"], "key": "ENG-4"}}
    assert await api.data(query, who=importer.email, by=former) == {"task": None}
    deleted = f"UPDATE tasks SET deleted_at = now() WHERE title = 'Becomes ENG-5' AND organization_id = ANY({OWN})"
    await importer.superuser.execute(deleted, importer.email)
    assert await api.data(query, who=importer.email, by=by) == {"task": {"title": "Five"}}


async def test_a_key_with_an_underscore_finds_its_task(importer: Importer, api: Api) -> None:
    """The team's own key has none, and the numbers stay."""
    await importer.imports([importer.row("PAY_OLD-17", "Old"), importer.row("PAY_OLD-3", "Older")])

    assert await importer.tasks() == [("PAYOLD", 17, "Old", None), ("PAYOLD", 3, "Older", None)]
    query = "query ($by: TaskBy!) { task(by: $by) { title } }"
    by = {"key": {"organizationSlug": importer.organization.lower(), "key": "pay_old-17"}}
    assert await api.data(query, who=importer.email, by=by) == {"task": {"title": "Old"}}


async def test_two_prefixes_that_make_one_key_lose_no_task(importer: Importer) -> None:
    summary = await importer.imports([importer.row("PAY_OLD-1", "One"), importer.row("PAYOLD-1", "Two")])

    assert await importer.tasks() == [("PAYOLD", 1, "One", None), ("PAYOLD", 2, "Two", None)]
    assert summary.notes == ["Another task has the number of PAYOLD-1, which is PAYOLD-2 here"]


@pytest.mark.parametrize(
    "mended",
    [
        {"description": "Two\nlines"},
        {"description": "Two\r\nlines\r\n"},
        {"description": "Two  \r\nlines\t\n\n"},
        {"title": "Cafe\u0301"},
        {"status": "DONE", "tags": ("new",)},
    ],
)
async def test_a_task_without_a_key_stays_itself_when_the_file_is_mended(
    importer: Importer, mended: dict[str, Any]
) -> None:
    said = {"title": "Café", "description": "Two\r\nlines"}
    await importer.imports([importer.row(None, **said)])
    before = await importer.left()

    summary = await importer.imports([importer.row(None, **said | mended)])

    assert (summary.made, summary.there) == (0, 1)
    assert await importer.left() == before


async def test_tasks_stay_themselves_when_the_file_comes_to_have_keys(importer: Importer, api: Api) -> None:
    """And the keys find them."""
    texts = ("One", "Same", "Same", "Four")
    await importer.imports(importer.row(None, text, repeat=texts[:n].count(text)) for n, text in enumerate(texts))
    before = await importer.tasks()

    keyed = [importer.row(f"OLD-{n}", text, repeat=texts[:n].count(text)) for n, text in enumerate(texts) if n]
    summary = await importer.imports(keyed)
    left = await importer.left()
    again = await importer.imports(keyed)

    assert (summary.made, summary.there, again.made, again.there) == (0, 3, 0, 3)
    assert await importer.tasks() == before
    assert await importer.left() == left
    query = "query ($by: TaskBy!) { task(by: $by) { number } }"
    for key, number in (("OLD-1", 2), ("OLD-2", 3), ("OLD-3", 4)):
        by = {"key": {"organizationSlug": importer.organization.lower(), "key": key}}
        assert await api.data(query, who=importer.email, by=by) == {"task": {"number": number}}


async def test_a_task_that_a_tool_knows_stays_itself_whatever_it_says(importer: Importer) -> None:
    await importer.imports([importer.row(None, "Before", origin="c1"), importer.row(None, "Before", origin="c2")])

    summary = await importer.imports(
        [importer.row(None, "After", origin="c1"), importer.row("ENG-9", "X", origin="c2")]
    )

    assert (summary.made, summary.there) == (0, 2)
    assert [title for _, _, title, _ in await importer.tasks()] == ["Before", "Before"]


async def test_an_organization_of_somebody_else_is_not_touched(importer: Importer) -> None:
    other = replace(importer, email=unique("other@example.com"))
    await other.imports([importer.row("ENG-1", "Theirs")])
    before = await other.left()

    summary = await importer.imports([importer.row("ENG-1", "Mine")])
    again = await importer.imports([importer.row("ENG-1", "Mine")])

    slug = importer.organization.lower()
    assert summary.notes == [f"The slug {slug} is taken: {importer.organization} is now at {slug}-2"]
    assert await importer.tasks() == [("ENG", 1, "Mine", None)]
    assert await other.left() == before
    assert (again.organizations, again.made) == (0, 0)


async def test_an_organization_that_one_has_left_is_not_touched(importer: Importer) -> None:
    await importer.imports([importer.row("ENG-1", "Old")])
    await importer.superuser.execute(
        "UPDATE organization_members SET deleted_at = now() FROM users WHERE users.id = user_id AND email = $1",
        importer.email,
    )

    summary = await importer.imports([importer.row("ENG-2", "New")])

    assert summary.organizations == 1
    assert sorted(await importer.tasks()) == [("ENG", 1, "Old", None), ("ENG", 2, "New", None)]
    counts = "SELECT count(*) FROM tasks JOIN organizations o ON o.id = organization_id WHERE o.name = $1 GROUP BY o.id"
    assert [row[0] for row in await importer.superuser.fetch(counts, importer.organization)] == [1, 1]


@pytest.mark.parametrize("spelling", [str.upper, str.lower, lambda name: f" {name}! ".replace("-", " ")])
async def test_an_organization_is_known_by_name_or_slug_and_a_team_by_name_or_key(
    importer: Importer, spelling: Callable[[str], str]
) -> None:
    await importer.imports([importer.row("ENG-1", "One")])
    organization = spelling(importer.organization)

    summary = await importer.imports(
        [
            importer.row("ENG-2", "Two", organization=organization, team="ENGINEERING"),
            importer.row(None, "Three", organization=organization, team="ENG"),
        ]
    )

    assert (summary.organizations, summary.teams, summary.made) == (0, 0, 2)
    assert await importer.tasks() == [("ENG", 1, "One", None), ("ENG", 2, "Two", None), ("ENG", 3, "Three", None)]


async def test_a_team_that_has_another_key_gives_new_numbers(importer: Importer) -> None:
    await importer.imports([importer.row("ENG-41", "One")])

    await importer.imports([importer.row("OLD-7", "Two"), importer.row("ENG-50", "Three")])

    assert await importer.tasks() == [("ENG", 41, "One", None), ("ENG", 51, "Two", None), ("ENG", 50, "Three", None)]


async def test_made_up_members_get_all_tasks_by_a_hash_of_the_key(importer: Importer) -> None:
    rows = [importer.row(f"ENG-{n}") for n in range(1, 61)]

    summary = await importer.imports([*rows, importer.row("DES-1", team="Design")], made_up=3)

    assert summary.people == 6
    crowds: dict[int, set[str]] = {0: set(), 1: set(), 2: set()}
    for team, number, _, email in await importer.tasks():
        assert email.endswith("@example.com")
        if team == "ENG":
            crowds[crc32(f"ENG-{number}".encode()) % 3].add(email)
    assert [len(crowd) for crowd in crowds.values()] == [1, 1, 1]
    assert len(set.union(*crowds.values())) == 3
    names = "SELECT name FROM users WHERE email = ANY($1)"
    assert all(" " in row["name"] for row in await importer.superuser.fetch(names, list(set.union(*crowds.values()))))


async def test_an_assignee_joins_the_organization_and_the_team(importer: Importer) -> None:
    ada = unique("Ada@example.com")
    await importer.superuser.execute(
        "INSERT INTO users (id, email, name, created_at, updated_at)"
        " VALUES (gen_random_uuid(), $1, 'Ada', now(), now())",
        ada,
    )

    summary = await importer.imports(
        [importer.row("ENG-1", assignee_email=ada.lower()), importer.row("ENG-2", assignee_email=ada.upper())],
        made_up=1,
    )

    assert summary.people == 2
    assert [email for *_, email in await importer.tasks()] == [ada, ada]
    roles = await importer.superuser.fetch(
        """
        SELECT organization_members.role, team_members.role FROM users
        JOIN organization_members ON user_id = users.id
        JOIN team_members ON organization_member_id = organization_members.id WHERE email = $1
        """,
        ada,
    )
    assert [tuple(row) for row in roles] == [("MEMBER", "MEMBER")]


async def remove(importer: Importer, email: str, *, purge_in: str = "1 day") -> None:
    """Removes a person, an owner by then, from the organization, as `removeOrganizationMember` does."""
    await importer.superuser.execute(
        f"""
        WITH gone AS (
            UPDATE organization_members SET deleted_at = now(), deletion_id = gen_random_uuid(), role = 'OWNER'
            FROM users WHERE users.id = user_id AND email = $1
            RETURNING organization_id, organization_members.id, deletion_id
        ), along AS (
            UPDATE team_members SET deleted_at = now(), deletion_id = gone.deletion_id FROM gone
            WHERE team_members.organization_id = gone.organization_id AND organization_member_id = gone.id
        )
        INSERT INTO deletions (organization_id, id, subject_type, subject_ids, deleted_at, purge_at,
                               organization_members, team_members)
        SELECT organization_id, deletion_id, 'OrganizationMember', ARRAY[id], now(), now() + interval '{purge_in}', 1, 1
        FROM gone
        """,
        email,
    )


MEMBERSHIPS = """
SELECT members.id, members.role, members.deleted_at, team_members.id AS team_member_id, team_members.role AS team_role,
       team_members.deleted_at AS left_team_at
FROM users JOIN organization_members AS members ON user_id = users.id
JOIN team_members ON organization_member_id = members.id WHERE email = $1
"""


async def test_who_was_removed_comes_back_as_the_member_they_were(importer: Importer) -> None:
    """With their team and tasks, but as no more than a member."""
    ada = unique("ada@example.com")
    await importer.imports([importer.row("ENG-1", assignee_email=ada)])
    [before] = await importer.superuser.fetch(MEMBERSHIPS, ada)
    await remove(importer, ada)

    summary = await importer.imports([importer.row("ENG-2", "Two", assignee_email=ada.upper())])

    assert (summary.people, summary.made) == (0, 1)
    assert [email for *_, email in await importer.tasks()] == [ada, ada]
    assert await importer.superuser.fetch(MEMBERSHIPS, ada) == [before]
    restored = "SELECT restored_at IS NOT NULL FROM deletions WHERE subject_ids = ARRAY[$1::uuid]"
    assert await importer.superuser.fetchval(restored, before["id"])


async def test_who_can_no_longer_be_restored_comes_in_anew(importer: Importer) -> None:
    ada = unique("ada@example.com")
    await importer.imports([importer.row("ENG-1", assignee_email=ada)])
    await remove(importer, ada, purge_in="-1 day")

    summary = await importer.imports([importer.row("ENG-2", "Two", assignee_email=ada)])

    assert (summary.people, summary.made) == (1, 1)
    assert len(await importer.superuser.fetch(MEMBERSHIPS, ada)) == 2


async def test_a_file_that_changed_between_two_readings_is_refused(importer: Importer) -> None:
    plan = survey([importer.row("ENG-1")], print)

    with pytest.raises(FileChanged):
        await load(importer.url, [importer.row("DES-1", team="Design")], plan, email=importer.email)

    assert await importer.tasks() == []


async def test_a_team_that_is_deleted_meanwhile_gets_no_more_tasks(importer: Importer, database: Database) -> None:
    rows = [importer.row(f"ENG-{n}") for n in range(1, 1501)]
    delete = f"UPDATE teams SET deleted_at = now() WHERE organization_id = ANY({OWN})"

    def interrupted() -> Iterator[Row]:
        yield from rows[:1000]
        execute_at_once(database.superuser_url, delete, importer.email)
        yield from rows[1000:]

    with pytest.raises(DeletedMeanwhile, match="The team was deleted while this was being imported: restore it, or"):
        await load(importer.url, interrupted(), survey(rows, print), email=importer.email)

    assert len(await importer.tasks()) == 1000


async def test_a_team_that_is_being_deleted_gets_no_members(importer: Importer, database: Database) -> None:
    await importer.imports([importer.row("ENG-1")])
    other = await asyncpg.connect(database.superuser_url)
    deleting = other.transaction()
    await deleting.start()
    await other.execute(f"UPDATE teams SET deleted_at = now() WHERE organization_id = ANY({OWN})", importer.email)
    row = importer.row("ENG-2", assignee_email=unique("ada@example.com"))
    importing = asyncio.create_task(importer.imports([row]))
    await until_waiting(importer.superuser)

    await deleting.commit()
    await other.close()
    before = await importer.left()

    with pytest.raises(DeletedMeanwhile):
        await importing
    assert await importer.left() == before


async def test_a_database_without_tables_is_told(new_database: Callable[..., Awaitable[Database]]) -> None:
    database = await new_database(migrated=False)

    with pytest.raises(TablesMissing, match="run `trellis migrate` first"):
        await load(database.runtime_url, [], survey([], print), email="ada@example.com")


async def test_a_database_that_is_not_there_is_told() -> None:
    with pytest.raises(DatabaseUnreachable, match="check TRELLIS_DATABASE_URL"):
        await load("postgresql://trellis@127.0.0.1:1/trellis", [], survey([], print), email="ada@example.com")


async def test_a_connection_that_breaks_is_told_and_what_is_done_stays(importer: Importer) -> None:
    rows = [importer.row(f"ENG-{n}") for n in range(1, 2001)]
    cuts = []
    cut = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE application_name = 'trellis import' AND datname = current_database()
    """

    def interrupted() -> Iterator[Row]:
        yield from rows[:1500]
        cuts.append(asyncio.create_task(importer.superuser.execute(cut)))
        yield from rows[1500:]

    with pytest.raises(DatabaseUnreachable, match="run the same command again, it goes on from there"):
        await load(importer.url, interrupted(), survey(rows, print), email=importer.email)

    await cuts[0]
    assert len(await importer.tasks()) == 1000
    assert (await importer.imports(rows)).made == 1000
