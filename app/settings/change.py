"""Changing settings: a row is made with the first of them, and each change is an event of whose settings they are."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, literal
from sqlalchemy.dialects.postgresql import insert

from app.db.columns import now
from app.db.record import Record
from app.db.source import Source
from app.db.statement import Parameters, Statement, prepare
from app.events.models import EventType
from app.events.record import record
from app.graph.camel_case import camel_case
from app.graph.context import Context
from app.organizations.rows import OrganizationRow
from app.settings.inputs import TeamMemberSettingsInput, values_of
from app.settings.loaders import COLUMNS, LEVELS, NOTHING, Subject, levels_of_subject
from app.team_members.rows import TeamMemberRow
from app.teams.rows import TeamRow
from app.writing.inputs import Checks
from app.writing.mutation import UserErrorCode
from app.writing.rows import require_version


async def change_settings(
    context: Context,
    subject: Subject,
    row: OrganizationRow | TeamRow | TeamMemberRow,
    given: TeamMemberSettingsInput,
    expected: int | None,
) -> None:
    """Sets what `given` says for the subject, whose `row` the operation holds locked; nothing different, nothing done.

    Raises Rejected for mistakes in the input and for what a level above has locked, and, with `row` in the payload,
    where the settings have changed since version `expected`.
    """
    (levels,) = await levels_of_subject(context, [subject])
    source = LEVELS[subject.level]
    before: Any = next((one for one in levels if one["level"] == subject.level), NOTHING)
    require_version(before, expected, shown=row)
    checks = Checks("input")
    wanted = values_of(given, checks)
    changes = {name: value for name, value in wanted.items() if value != getattr(before, name)}
    _check_locks(changes, before, [one for one in levels if one is not before], checks)
    checks.done()
    if changes:
        await _keep(context, source, subject, {name: getattr(before, name) for name in _settable(source)} | changes)
        had = {name: getattr(before, name) for name in changes}
        record(context, EventType.UPDATED, row, before=_named(had), after=_named(changes))


def _named(values: Parameters) -> dict[str, object]:
    """As fields of the event, which is one of what has the settings."""
    return {f"settings.{name}": value for name, value in values.items()}


def _check_locks(changes: Parameters, before: Any, above: Sequence[Record], checks: Checks) -> None:
    """Notes a mistake for each setting that a level above has locked: here it can then only be cleared and unlocked."""
    lockers = {name: level["level"].lower() for level in reversed(above) for name in level["locked"]}
    for name, value in changes.items():
        if name == "locked":
            for one in (one for one in value if one in lockers and one not in before.locked):
                checks.wrong(UserErrorCode.LOCKED, f"The {lockers[one]} has locked {one} already.", "locked")
        elif value is not None and name.upper() in lockers:
            message = f"The {lockers[name.upper()]} has locked this: ask one of its admins to unlock it."
            checks.wrong(UserErrorCode.LOCKED, message, camel_case(name))


def _settable(source: Source) -> list[str]:
    return [name for name in COLUMNS if name in source.table.c and name != "version"]


async def _keep(context: Context, source: Source, subject: Subject, values: Parameters) -> None:
    moment = now()
    keys = {"key_organization_id": subject.organization_id, "key_id": subject.of}
    await context.fetch(_statement(source), {**values, **keys, "created_at": moment, "updated_at": moment})


@lru_cache(3)
def _statement(source: Source) -> Statement:
    """The row of whose settings they are is locked, so two operations never make the first one at once."""
    table, columns = source.table, ("updated_at", *_settable(source))
    keys = {
        table.c.organization_id.name: bindparam("key_organization_id", type_=table.c.organization_id.type),
        source.columns["id"].name: bindparam("key_id", type_=source.columns["id"].type),
    }
    values = {name: bindparam(name, type_=table.c[name].type) for name in ("created_at", *columns)}
    kept = insert(table).values({**keys, **values, "version": literal(1)})
    return prepare(
        kept.on_conflict_do_update(
            index_elements=list(table.primary_key),
            set_={"version": table.c.version + 1, **{name: kept.excluded[name] for name in columns}},
        )
    )
