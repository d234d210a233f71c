"""Writes the lines of an export as the rows of a new organization, within one transaction."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from app.db.columns import new_id, now, table_of
from app.db.source import Source
from app.db.statement import Parameters, Statement
from app.documents.check import columns_of_text
from app.documents.loaders import DOCUMENTS
from app.documents.models import Document
from app.documents.write import RECORDED as RECORDED_OF_DOCUMENTS
from app.export_files.fields import (
    DocumentLine,
    MemberLine,
    OrganizationLine,
    Part,
    TaskLine,
    TeamLine,
    TeamMemberLine,
)
from app.importer.connection import fetch, fetching, insert_rows, insertion
from app.importer.documents import MAKE_TEXTS
from app.importer.events import Events
from app.importer.members import MAKE_MEMBERS, MAKE_TEAM_MEMBERS
from app.importer.organizations import ENTER
from app.importer.task_rows import KEEP_KEYS
from app.indexing.search_texts import write_texts
from app.members.loaders import ORGANIZATION_MEMBERS
from app.members.models import OrganizationRole
from app.organizations.loaders import ORGANIZATIONS
from app.organizations.models import Organization
from app.refusal import Refusal
from app.settings.models import OrganizationSettings, TeamMemberSettings, TeamSettings
from app.tasks.create import RECORDED as RECORDED_OF_TASKS
from app.tasks.loaders import TASKS
from app.tasks.models import Task
from app.tasks.searchable import TASKS as SEARCHED
from app.tasks.write import NEW
from app.team_members.loaders import TEAM_MEMBERS
from app.teams.loaders import TEAMS
from app.teams.models import FormerTeamKey, Team

STAMPS = ("created_at", "updated_at")
OWN_SETTINGS = ("timezone", "week_start", "default_task_priority", "digest", "version", *STAMPS)
GROUP_SETTINGS = (*OWN_SETTINGS, "retention_days", "locked")
TEAM = ("key", "name", "description", "last_number", "version", *STAMPS)
TASK = (
    *("number", "title", "description", "status", "priority", "estimate", "due_date", "tags", "completed_at"),
    *("version", *STAMPS),
)
DOCUMENT = ("title", "kind", "source", "version", *STAMPS)

MAKE_ORGANIZATION = insertion(table_of(Organization), "id", "name", "slug", "version", *STAMPS)
SET_OF_ORGANIZATION = insertion(table_of(OrganizationSettings), "organization_id", *GROUP_SETTINGS, "search_mode")
MAKE_TEAMS = insertion(table_of(Team), "organization_id", "id", *TEAM)
SET_OF_TEAMS = insertion(table_of(TeamSettings), "organization_id", "team_id", *GROUP_SETTINGS)
KEEP_TEAM_KEYS = insertion(table_of(FormerTeamKey), "organization_id", "key", "team_id", "created_at")
SET_OF_TEAM_MEMBERS = insertion(table_of(TeamMemberSettings), "organization_id", "team_member_id", *OWN_SETTINGS)
MAKE_TASKS = insertion(table_of(Task), *NEW, "version")
MAKE_DOCUMENTS = insertion(
    table_of(Document),
    *("organization_id", "id", "team_id", "created_by", "size", "text_hash", "due_at"),
    *DOCUMENT,
)


class SlugTaken(Refusal):
    """The organization is still there, or another one has its slug."""


class Contradiction(Refusal):
    """Two lines of a file cannot both be true, or one speaks of what no other has."""


class Arrival:
    """A new organization, as far as it has arrived. Its rows have ids of their own, in the order of the lines."""

    def __init__(
        self,
        connection: asyncpg.Connection,
        events: Events,
        *,
        slug: str,
        importer_id: UUID,
        users: Mapping[UUID, UUID],
    ) -> None:
        """`importer_id` will be an owner. `users` are the accounts of those who come along, by person."""
        self.connection = connection
        self.events = events
        self.slug = slug
        self.importer_id = importer_id
        self.users = users
        self.organization_id = new_id()
        self.made: Counter[str] = Counter()
        self._ids: dict[UUID, UUID] = {}  # of members, teams and those in them: other lines refer to these
        self._writers: dict[str, Callable[[Any], Awaitable[int]]] = {
            "organization": self._organization,
            "member": self._members,
            "team": self._teams,
            "team_member": self._team_members,
            "task": self._tasks,
            "document": self._documents,
        }

    async def take(self, kind: str, lines: Sequence[Any]) -> None:
        """Writes lines of one type, of which others say nothing that is kept. Raises SlugTaken and Contradiction."""
        if kind in self._writers:
            self.made[kind] += await self._writers[kind](lines)
            await self.events.write(fetching(self.connection), self.importer_id)  # not all of them in the end

    async def _organization(self, lines: Sequence[OrganizationLine]) -> int:
        (line,) = lines
        await fetch(self.connection, ENTER, organization_id=self.organization_id)
        row = {"id": self.organization_id, "slug": self.slug, **_fields(line, "name", "version", *STAMPS)}
        if not await insert_rows(self.connection, MAKE_ORGANIZATION, [row]):
            raise SlugTaken(f"There is an organization {self.slug} already: name another slug by --organization")
        self.events.created(ORGANIZATIONS, [row], "name", "slug")
        if line.settings is not None:
            await self._insert(SET_OF_ORGANIZATION, [line.settings.model_dump(mode="json")])
        if self.importer_id not in self.users.values():
            owner = {"id": new_id(), **self._member(self.importer_id, ""), **dict.fromkeys(STAMPS, now())}
            await self._make(MAKE_MEMBERS, [owner], ORGANIZATION_MEMBERS, "user_id", "role")
        return 1

    async def _members(self, lines: Sequence[MemberLine]) -> int:
        """Those whom no address tells from others stay out: nobody knows whose account theirs would be."""
        coming = [line for line in lines if line.person in self.users]
        rows = [
            {"id": self._new_id(line), **self._member(self.users[line.person], line.role), **_fields(line, *STAMPS)}
            for line in coming
        ]
        return await self._make(MAKE_MEMBERS, rows, ORGANIZATION_MEMBERS, "user_id", "role")

    def _member(self, user_id: UUID, role: str) -> dict[str, Any]:
        return {"user_id": user_id, "role": OrganizationRole.OWNER.name if user_id == self.importer_id else role}

    async def _teams(self, lines: Sequence[TeamLine]) -> int:
        rows = [{"id": self._new_id(line), **_fields(line, *TEAM)} for line in lines]
        made = await self._make(MAKE_TEAMS, rows, TEAMS, "key", "name", "description")
        await self._set(SET_OF_TEAMS, "team_id", lines)
        former = [
            {"key": had.key, "team_id": self._ids[line.id], "created_at": had.until}
            for line in lines
            for had in line.former_keys
        ]
        await self._insert(KEEP_TEAM_KEYS, former)
        return made

    async def _team_members(self, lines: Sequence[TeamMemberLine]) -> int:
        coming = [line for line in lines if line.member in self._ids]
        rows = [
            {
                "id": self._new_id(line),
                "team_id": self._known(line.team, "team"),
                "organization_member_id": self._ids[line.member],
                **_fields(line, "role", *STAMPS),
            }
            for line in coming
        ]
        recorded = "team_id", "organization_member_id", "role"
        made = await self._make(MAKE_TEAM_MEMBERS, rows, TEAM_MEMBERS, *recorded)
        await self._set(SET_OF_TEAM_MEMBERS, "team_member_id", coming)
        return made

    async def _tasks(self, lines: Sequence[TaskLine]) -> int:
        rows = [
            {
                "id": new_id(),
                "team_id": self._known(line.team, "team"),
                "assignee_id": line.assignee and self._ids.get(line.assignee),
                "creator_id": line.creator and self.users.get(line.creator),
                **_fields(line, *TASK),
            }
            for line in lines
        ]
        made = await self._make(MAKE_TASKS, rows, TASKS, *RECORDED_OF_TASKS)
        former = [
            {"key": had.key, "task_id": row["id"], "created_at": had.until}
            for line, row in zip(lines, rows, strict=True)
            for had in line.former_keys
        ]
        await self._insert(KEEP_KEYS, former)
        ids = [row["id"] for row in rows]
        await write_texts(fetching(self.connection), SEARCHED, self.organization_id, ids)
        return made

    async def _documents(self, lines: Sequence[DocumentLine]) -> int:
        """Servers will cut them into chunks, as they do with those that people write."""
        rows = [
            {
                "id": new_id(),
                "team_id": line.team and self._known(line.team, "team"),
                "created_by": line.creator and self.users.get(line.creator),
                "due_at": now(),
                **columns_of_text(line.text),
                **_fields(line, *DOCUMENT),
            }
            for line in lines
        ]
        made = await self._make(MAKE_DOCUMENTS, rows, DOCUMENTS, *RECORDED_OF_DOCUMENTS)
        texts = [{"document_id": row["id"], "text": line.text} for line, row in zip(lines, rows, strict=True)]
        await self._insert(MAKE_TEXTS, texts)
        return made

    async def _set(self, statement: Statement, of: str, lines: Iterable[TeamLine | TeamMemberLine]) -> None:
        """The settings of each line that has any; `of` is the column that says whose they are."""
        rows = [
            {of: self._ids[line.id], **line.settings.model_dump(mode="json")}
            for line in lines
            if line.settings is not None
        ]
        await self._insert(statement, rows)

    async def _make(self, statement: Statement, rows: Sequence[Parameters], source: Source, *recorded: str) -> int:
        """The same for rows of a noun, whose events say what `recorded` are."""
        self.events.created(source, [{"organization_id": self.organization_id, **row} for row in rows], *recorded)
        return await self._insert(statement, rows)

    async def _insert(self, statement: Statement, rows: Sequence[Parameters]) -> int:
        """How many rows are new, which is all of them. Raises Contradiction."""
        complete = [{"organization_id": self.organization_id, **row} for row in rows]
        made = len(await insert_rows(self.connection, statement, complete))
        if made < len(complete):
            raise Contradiction("The file contradicts itself: two of its lines claim one key, number or place")
        return made

    def _new_id(self, line: MemberLine | TeamLine | TeamMemberLine) -> UUID:
        made = self._ids[line.id] = new_id()
        return made

    def _known(self, told: UUID, noun: str) -> UUID:
        if told not in self._ids:
            raise Contradiction(f"The file contradicts itself: a line speaks of the {noun} {told}, and no other does")
        return self._ids[told]


def _fields(line: Part, *names: str) -> dict[str, Any]:
    return {name: getattr(line, name) for name in names}
