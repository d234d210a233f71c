"""Any interleaving of creating, deleting, restoring, moving and purging ends as a simple model says."""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from pydantic import SecretStr

from app.config import Settings
from app.purging.purge_job import purge_due
from tests.api import SECRET, Api, serving
from tests.factories import Tenant, make_tenant
from tests.joining import join
from tests.trash.model import Model, Row

RUNS = int(os.environ.get("TRELLIS_TEST_RUNS", "30"))  # `make soak` asks for more
KINDS = ("organizations", "organization_members", "teams", "team_members", "tasks", "documents")
COUNTS = "{ organizations organizationMembers teams teamMembers tasks documents }"
VERBS = {  # kind → what the fields that delete and restore one of it are called
    "organizations": ("deleteOrganization", "restoreOrganization"),
    "organization_members": ("removeOrganizationMember", "restoreOrganizationMember"),
    "teams": ("deleteTeam", "restoreTeam"),
    "team_members": ("removeTeamMember", "restoreTeamMember"),
    "tasks": ("deleteTask", "restoreTask"),
    "documents": ("deleteDocument", "restoreDocument"),
}
STATE = """
SELECT id::text, deleted_at IS NULL, '{}'::text[], NULL FROM organizations WHERE id = $1
UNION ALL SELECT id::text, deleted_at IS NULL, '{}', NULL FROM organization_members WHERE organization_id = $1
UNION ALL SELECT id::text, deleted_at IS NULL, ARRAY[organization_id::text], NULL FROM teams WHERE organization_id = $1
UNION ALL SELECT id::text, deleted_at IS NULL, ARRAY[team_id::text, organization_member_id::text], NULL
FROM team_members WHERE organization_id = $1
UNION ALL SELECT id::text, deleted_at IS NULL, ARRAY[team_id::text], assignee_id::text
FROM tasks WHERE organization_id = $1
UNION ALL SELECT id::text, deleted_at IS NULL,
                 array_remove(ARRAY[organization_id::text, team_id::text], NULL), NULL
FROM documents WHERE organization_id = $1
"""
HELD = " UNION ALL ".join(
    f"SELECT deletion_id::text, '{kind}', count(*) FROM {kind} "
    f"WHERE {'id' if kind == 'organizations' else 'organization_id'} = $1 AND deletion_id IS NOT NULL GROUP BY 1"
    for kind in KINDS
)
IN_TEAM = "SELECT id FROM team_members WHERE team_id = $1 AND organization_member_id = $2 AND deleted_at IS NULL"
TRASH = "SELECT * FROM deletions WHERE organization_id = $1 AND restored_at IS NULL"

picks = st.integers(0, 20)  # which of the things there are at that moment
some_deletes = st.lists(st.tuples(st.sampled_from(KINDS[1:]), picks), min_size=2, max_size=6)
seldom = st.integers(0, 7).map(lambda number: number == 7)


class World:
    """The application over a database, in an event loop of its own."""

    def __init__(self, runtime_url: str, superuser_url: str) -> None:
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.api, self.superuser = self.runner.run(self._open(runtime_url, superuser_url))

    async def _open(self, runtime_url: str, superuser_url: str) -> "tuple[Api, asyncpg.Connection[Any]]":
        given = Settings(database_url=runtime_url, jwt_secret=SecretStr(SECRET))
        api = await self.stack.enter_async_context(serving(given))
        superuser = await asyncpg.connect(superuser_url)
        self.stack.push_async_callback(superuser.close)
        return api, superuser

    def close(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()


class Deletions(RuleBasedStateMachine):
    """Does the same to the application and to the model, and compares them after each step."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.tenant: Tenant = self.run(make_tenant(self.world.superuser, members=3, teams=2, tasks=1, documents=3))
        self.organization = str(self.tenant.id)
        self.model = Model({self.organization: Row("organizations")})
        self.people = [f"person{place}@{self.tenant.slug}.example.com" for place in (1, 2, 3)]
        for member, person in zip(self.tenant.members, self.people, strict=True):
            self.model.rows[str(member)] = self._membership(person)
        for place, team in enumerate(self.tenant.teams, 1):
            self.model.rows[str(team)] = Row("teams", (self.organization,), (f"T{place}",))
        pairs = [(str(team), str(member)) for team in self.tenant.teams for member in self.tenant.members]
        for team_member, task, pair in zip(self.tenant.team_members, self.tenant.tasks, pairs, strict=True):
            self.model.rows[str(team_member)] = Row("team_members", pair, pair)
            self.model.rows[str(task)] = Row("tasks", pair[:1], assignee=str(team_member))
        for document, teams in zip(self.tenant.documents, ([], *([one] for one in self.tenant.teams)), strict=True):
            self.model.rows[str(document)] = Row("documents", (self.organization, *map(str, teams)))

    @initialize(deletes=some_deletes)
    def delete_some(self, deletes: list[tuple[str, int]]) -> None:
        """So that no run is without deletions that took something of one another."""
        for kind, pick in deletes:
            self._delete_one(kind, pick)

    def teardown(self) -> None:
        """Restores what can be, the oldest deletion first in half of the runs; it must end as the model says, too."""
        left = sorted(self.model.deletions, reverse=len(self.model.rows) % 2 == 0)
        while restorable := [one for one in left if self.model.refusal(self.model.deletions[one].subjects) is None]:
            self._restore(restorable[0])
            left.remove(restorable[0])
            self.the_database_is_as_the_model_says()
            self.deletions_count_what_they_hold()

    def run(self, coroutine: Any) -> Any:
        return self.world.runner.run(coroutine)

    def write(self, field: str, arguments: str, selected: str) -> dict[str, Any]:
        """The payload of a root field, with the codes of its user errors under `codes`."""
        document = f"mutation {{ {field}({arguments}) {{ {selected} userErrors {{ code }} }} }}"
        data = self.run(self.world.api.data(document, who=self.tenant.owner))
        payload: dict[str, Any] = data[field]
        return payload | {"codes": [error["code"] for error in payload["userErrors"]]}

    def living(self, kind: str, pick: int) -> str | None:
        """One of the living rows of a kind, if there is any."""
        rows = self.model.living(kind)
        return rows[pick % len(rows)] if rows else None

    def organization_lives(self) -> bool:
        return self.organization in self.model.rows and self.model.lives(self.organization)

    @precondition(organization_lives)
    @rule(key=st.sampled_from(["T1", "T2", "A", "B", "C"]))
    def create_team(self, key: str) -> None:
        payload = self.write(
            "createTeam", f'input: {{organizationId: "{self.organization}", key: "{key}", name: "A"}}', CREATED_TEAM
        )
        assert payload["codes"] == (["TAKEN"] if self.model.is_named("teams", (key,)) else [])
        if payload["team"]:
            team, (creator,) = payload["team"]["id"], payload["team"]["members"]["nodes"]
            pair = (team, str(self.tenant.members[0]))
            self.model.rows[team] = Row("teams", (self.organization,), (key,))
            self.model.rows[creator["id"]] = Row("team_members", pair, pair)

    @rule(team_pick=picks, member_pick=picks)
    def add_team_member(self, team_pick: int, member_pick: int) -> None:
        team, member = self.living("teams", team_pick), self.living("organization_members", member_pick)
        if team is None or member is None:
            return
        given = f'input: {{teamId: "{team}", organizationMemberId: "{member}"}}'
        payload = self.write("addTeamMember", given, "teamMember { id }")
        assert payload["codes"] == (["TAKEN"] if self.model.is_named("team_members", (team, member)) else [])
        if payload["teamMember"]:
            self._has_joined(payload["teamMember"]["id"], Row("team_members", (team, member), (team, member)))

    @precondition(organization_lives)
    @rule(pick=st.integers(1, 2), team_pick=st.none() | picks)  # the first never leaves
    def come_in(self, pick: int, team_pick: int | None) -> None:
        membership = self._membership(self.people[pick])
        if self.model.is_named(membership.kind, membership.name):
            return
        team = None if team_pick is None else self.living("teams", team_pick)
        teams = [{"teamId": team}] if team else []
        joined = self.run(join(self.world.api, self.tenant, self.people[pick], teams=teams))
        self._has_joined(joined, membership)
        if team and not self.model.is_named("team_members", (team, joined)):
            in_team = str(self.run(self.world.superuser.fetchval(IN_TEAM, team, joined)))
            self._has_joined(in_team, Row("team_members", (team, joined), (team, joined)))

    def _membership(self, person: str) -> Row:
        return Row("organization_members", name=(person,), outlived=(self.organization,))

    def _has_joined(self, joined: str, row: Row) -> None:
        """Who was there comes back as who they were, out of the deletion that holds them."""
        former = self.model.dead(row)
        assert former in ([], [joined])
        if former:
            self.model.restore(self.model.holder(joined), [joined])
        else:
            self.model.rows[joined] = row

    @rule(team_pick=picks, assignee_pick=picks)
    def create_task(self, team_pick: int, assignee_pick: int) -> None:
        team = self.living("teams", team_pick)
        if team is None:
            return
        people = [one for one in self.model.living("team_members") if self.model.rows[one].owners[0] == team]
        assignee = people[assignee_pick % len(people)] if people else None
        assigned = f', assigneeId: "{assignee}"' if assignee else ""
        payload = self.write("createTask", f'input: {{teamId: "{team}", title: "A"{assigned}}}', "task { id }")
        self.model.rows[payload["task"]["id"]] = Row("tasks", (team,), assignee=assignee)

    @precondition(organization_lives)
    @rule(team_pick=st.none() | picks)
    def create_document(self, team_pick: int | None) -> None:
        team = None if team_pick is None else self.living("teams", team_pick)
        placed = f'organizationId: "{self.organization}"' + (f', teamId: "{team}"' if team else "")
        payload = self.write("createDocument", f'input: {{{placed}, title: "A", text: "A"}}', "document { id }")
        owners = (self.organization, team) if team else (self.organization,)
        self.model.rows[payload["document"]["id"]] = Row("documents", owners)

    @rule(task_pick=picks, team_pick=picks)
    def move_task(self, task_pick: int, team_pick: int) -> None:
        task, team = self.living("tasks", task_pick), self.living("teams", team_pick)
        if task is None or team is None:
            return
        payload = self.write("moveTask", f'id: "{task}", teamId: "{team}"', "task { team { id } assignee { id } }")
        assert (payload["codes"], payload["task"]["team"]["id"]) == ([], team)
        moved = self.model.rows[task]
        if moved.owners != (team,):
            moved.owners = (team,)
            moved.assignee = payload["task"]["assignee"] and payload["task"]["assignee"]["id"]

    @rule(pick=picks)
    def delete_team(self, pick: int) -> None:
        self._delete_one("teams", pick)

    @rule(pick=picks)
    def remove_member(self, pick: int) -> None:
        self._delete_one("organization_members", pick)

    @rule(kind=st.sampled_from(["team_members", "tasks", "documents"]), pick=picks)
    def delete_leaf(self, kind: str, pick: int) -> None:
        self._delete_one(kind, pick)

    def _delete_one(self, kind: str, pick: int) -> None:
        subject = self.living(kind, pick)
        can_go = kind != "organization_members" or self.organization_lives()
        if subject is not None and can_go and subject != str(self.tenant.members[0]):  # the last owner cannot leave
            self._delete(VERBS[kind][0], f'id: "{subject}"', [subject])

    @precondition(organization_lives)
    @rule(seldom=seldom)
    def delete_organization(self, seldom: bool) -> None:
        if seldom:
            self._delete(VERBS["organizations"][0], f'id: "{self.organization}"', [self.organization])

    @rule(first=picks, second=picks)
    def delete_tasks(self, first: int, second: int) -> None:
        tasks = sorted({one for one in (self.living("tasks", first), self.living("tasks", second)) if one})
        if tasks:
            self._delete("deleteTasks", "ids: [" + ", ".join(f'"{task}"' for task in tasks) + "]", tasks)

    def _delete(self, field: str, arguments: str, subjects: list[str]) -> None:
        taken = self.model.count(self.model.would_take(subjects))
        if len(subjects) == 1:
            asked = f'{{ deletionPreview(id: "{subjects[0]}") {COUNTS} }}'
            data = self.run(self.world.api.data(asked, who=self.tenant.owner))
            assert counter(data["deletionPreview"]) == taken
        payload = self.write(field, arguments, f"deletedIds deletion {{ id counts {COUNTS} }}")
        assert (payload["codes"], payload["deletedIds"]) == ([], subjects)
        assert counter(payload["deletion"]["counts"]) == taken
        self.model.delete(payload["deletion"]["id"], subjects)

    @precondition(lambda self: self.model.deletions)
    @rule(pick=picks)
    def restore_deletion(self, pick: int) -> None:
        self._restore(self._deletion(pick))

    def _restore(self, deletion_id: str) -> None:
        subjects = set(self.model.deletions[deletion_id].subjects)
        refusal = self.model.refusal(subjects)
        payload = self.write("restoreDeletion", f'id: "{deletion_id}"', f"restored {COUNTS} subject {{ id }}")
        assert set(payload["codes"]) == ({refusal} if refusal else set())  # once for each parent
        restored = self.model.restore(deletion_id, subjects) if refusal is None else Counter()
        assert counter(payload["restored"]) == restored

    @precondition(lambda self: self.model.deletions)
    @rule(pick=picks, subject_pick=picks)
    def restore_one(self, pick: int, subject_pick: int) -> None:
        deletion_id = self._deletion(pick)
        subjects = sorted(self.model.deletions[deletion_id].subjects)
        subject = subjects[subject_pick % len(subjects)]
        refusal = self.model.refusal([subject])
        payload = self.write(VERBS[self.model.rows[subject].kind][1], f'id: "{subject}"', "")
        assert set(payload["codes"]) == ({refusal} if refusal else set())  # once for each parent
        if refusal is None:
            self.model.restore(deletion_id, [subject])

    @precondition(lambda self: self.model.deletions)
    @rule(pick=picks, at_once=st.booleans(), seldom=seldom)
    def purge(self, pick: int, at_once: bool, seldom: bool) -> None:
        deletion_id = self._deletion(pick)
        if self.organization in self.model.deletions[deletion_id].subjects and not seldom:
            return  # or most runs would end here
        if at_once:
            self._purge_at_once(deletion_id)
        else:
            self._purge_due(deletion_id)

    def _purge_at_once(self, deletion_id: str) -> None:
        payload = self.write("purgeDeletion", f'id: "{deletion_id}"', f"pending purged {COUNTS}")
        assert (payload["codes"], payload["pending"]) == ([], False)
        assert counter(payload["purged"]) == self.model.purge(deletion_id)

    def _purge_due(self, deletion_id: str) -> None:
        make_due = "UPDATE deletions SET purge_at = now() WHERE id = $1"
        self.run(self.world.superuser.execute(make_due, deletion_id))
        purged = self.run(purge_due(self.world.api.database))
        assert {kind: purged[kind] for kind in KINDS if purged[kind]} == self.model.purge(
            deletion_id
        )  # chunks go along

    def _deletion(self, pick: int) -> str:
        return list(self.model.deletions)[pick % len(self.model.deletions)]

    @invariant()
    def the_database_is_as_the_model_says(self) -> None:
        found = self.run(self.world.superuser.fetch(STATE, self.tenant.id))
        assert {(row[0], row[1], tuple(row[2]), row[3]) for row in found} == set(self.model.state())

    @invariant()
    def deletions_count_what_they_hold(self) -> None:
        held = self.run(self.world.superuser.fetch(HELD, self.tenant.id))
        trash = self.run(self.world.superuser.fetch(TRASH, self.tenant.id))
        shown = {(str(row["id"]), kind, row[kind]) for row in trash for kind in KINDS if row[kind]}
        assert shown == {tuple(row) for row in held}
        assert {str(row["id"]): {*map(str, row["subject_ids"])} for row in trash} == {
            deletion_id: deletion.subjects for deletion_id, deletion in self.model.deletions.items()
        }


CREATED_TEAM = "team { id members { nodes { id } } }"


def counter(counts: dict[str, int]) -> Counter[str]:
    """The counts of an answer by the names of the tables."""
    names = dict(zip(COUNTS.strip("{ }").split(), KINDS, strict=True))
    return +Counter({names[name]: amount for name, amount in counts.items()})


@pytest.fixture
async def database(new_database: Callable[[], Awaitable[Any]]) -> Any:
    """One of its own, because the purge looks everywhere."""
    return await new_database()


@pytest.fixture
def world(database: Any) -> Iterator[World]:
    world = World(database.runtime_url, database.superuser_url)
    yield world
    world.close()


def test_any_interleaving_ends_as_the_model_says(world: World) -> None:
    machine = type("DeletionsOfOneWorld", (Deletions,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=RUNS,
            stateful_step_count=15,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
