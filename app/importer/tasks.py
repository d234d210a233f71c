"""Brings rows into the database, a thousand to a transaction: what a crash interrupts, the same command completes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, islice
from uuid import UUID

import asyncpg

from app.auth.email import email_key
from app.db.analyze import analyze
from app.db.columns import now
from app.importer.check import Row
from app.importer.connection import acting, connect
from app.importer.members import guest, invite, join
from app.importer.organizations import Targets, find_or_make
from app.importer.plan import Plan
from app.importer.roles import require_joins, require_work
from app.importer.task_rows import Placed, write
from app.refusal import Refusal

BATCH = 1_000  # rows; a team's counter is locked for as long as a batch takes


class FileChanged(Refusal):
    """The second reading of a file found what the first had not."""


@dataclass
class Summary:
    """What was made, and how many tasks were there already."""

    organizations: int = 0
    teams: int = 0
    people: int = 0
    made: int = 0
    there: int = 0
    notes: list[str] = field(default_factory=list)


async def load(  # noqa: PLR0913  # each is something to say of an import
    url: str,
    rows: Iterable[Row],
    plan: Plan,
    *,
    email: str,
    made_up: int = 0,
    anew: bool = False,
    operator: bool = False,
) -> Summary:
    """Imports the rows that `plan` is of, on behalf of `email`, whose user is made where there is none.

    `made_up` people are added to each team and its tasks dealt out to them. `anew` puts everything into new
    organizations. Their roles must allow it, at the beginning and for each batch, unless an `operator` imports: whoever
    runs the server may do anything. Raises Refusals.
    """
    async with connect(url) as connection:
        user_id = (await invite(connection, [guest(email)]))[email_key(email)]
        summary, targets = await _prepare(connection, user_id, plan, made_up=made_up, anew=anew, operator=operator)
        placed, renumbered = _place(rows, targets), list[tuple[str, str]]()
        while batch := list(islice(placed, BATCH)):
            async with acting(connection, user_id) as events:
                if not operator:
                    homes = {placed.target.id: placed.target for placed in batch}
                    await require_work(connection, user_id, homes.values())
                written = await write(connection, batch, events, creator_id=user_id)
            summary.made += written.made
            summary.there += len(batch) - written.made
            renumbered += written.renumbered
        summary.notes += _told(renumbered)
        await analyze(connection)
        return summary


async def _prepare(
    connection: asyncpg.Connection, user_id: UUID, plan: Plan, *, made_up: int, anew: bool, operator: bool
) -> tuple[Summary, Targets]:
    async with acting(connection, user_id, alone=True) as events:
        targets = await find_or_make(connection, user_id, plan, events, anew=anew)
        people = await join(connection, user_id, plan, targets, made_up=made_up)
        if not operator:
            await require_work(connection, user_id, targets.by_group.values())
            await require_joins(connection, user_id, targets)
    return Summary(targets.organizations, targets.teams, people, notes=targets.notes), targets


def _told(renumbered: Sequence[tuple[str, str]]) -> Iterator[str]:
    if renumbered:
        key, here = renumbered[0]
        more = f", and {len(renumbered) - 1:,} more have other numbers, too" if len(renumbered) > 1 else ""
        yield f"Another task has the number of {key}, which is {here} here{more}"


def _place(rows: Iterable[Row], targets: Targets) -> Iterator[Placed]:
    """The rows with their teams, each a microsecond after the one before: lists by age have the order of the file."""
    for row, created_at in zip(rows, _moments(now()), strict=False):
        target = targets.by_group.get(row.group)
        if target is None:
            raise FileChanged("The file changed while it was read: run the same command again")
        yield Placed(row, target, created_at)


def _moments(first: datetime) -> Iterator[datetime]:
    return (first + timedelta(microseconds=number) for number in count())
