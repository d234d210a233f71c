"""Imports for tests, and all that they leave in the database."""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from app.db.columns import new_id
from app.importer.check import Key, Row
from app.importer.plan import survey
from app.importer.tasks import Summary, load

TABLES = ("organizations", "organization_members", "teams", "team_members", "tasks", "former_task_keys", "search_texts")


def unique(name: str) -> str:
    """A name, or an address, that no other test has."""
    first, at, last = name.partition("@")
    return f"{first}-{new_id().hex[-12:]}{at}{last}"


@dataclass
class Importer:
    """Somebody with a file."""

    url: str
    superuser: "asyncpg.Connection[Any]"
    email: str = field(default_factory=lambda: unique("importer@example.com"))
    organization: str = field(default_factory=lambda: unique("Acme"))

    def row(self, key: str | None, title: str = "A title", *, team: str = "Engineering", **columns: Any) -> Row:
        prefix, _, number = (key or "").rpartition("-")
        return Row(
            columns.pop("organization", self.organization),
            team,
            Key(prefix, int(number)) if key else None,
            title,
            **columns,
        )

    async def imports(self, rows: Iterable[Row], *, made_up: int = 0, operator: bool = False) -> Summary:
        rows = list(rows)
        plan = survey(rows, _refuse)
        return await load(self.url, rows, plan, email=self.email, made_up=made_up, operator=operator)

    async def left(self) -> dict[str, set[str]]:
        """Every row of every organization that the importer is in, as text."""
        left = {}
        for table in TABLES:
            column = "id" if table == "organizations" else "organization_id"
            rows = await self.superuser.fetch(f"SELECT t::text FROM {table} t WHERE {column} = ANY({OWN})", self.email)
            left[table] = {row[0] for row in rows}
        return left

    async def tasks(self) -> list[tuple[Any, ...]]:
        """Team, number, title and assignee's address of each task, in the order in which they were made."""
        return [
            tuple(row)
            for row in await self.superuser.fetch(
                f"""
                SELECT teams.key, number, title, users.email FROM tasks
                JOIN teams ON teams.id = tasks.team_id
                LEFT JOIN team_members ON team_members.id = tasks.assignee_id
                LEFT JOIN organization_members ON organization_members.id = team_members.organization_member_id
                LEFT JOIN users ON users.id = organization_members.user_id
                WHERE tasks.organization_id = ANY({OWN}) ORDER BY tasks.created_at
                """,
                self.email,
            )
        ]


def execute_at_once(url: str, statement: str, *arguments: object) -> None:
    """Executes a statement on a connection of its own, while the event loop that asks for it stands still."""

    async def execute() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(statement, *arguments)
        await connection.close()

    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(asyncio.run, execute()).result()


OWN = """ARRAY(
    SELECT organization_id FROM organization_members JOIN users ON users.id = user_id WHERE lower(email) = lower($1)
)"""


def _refuse(reject: object) -> None:
    raise AssertionError(reject)
