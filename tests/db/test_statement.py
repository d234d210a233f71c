"""Statements know the rows that they answer with: of which source, and which columns in which order."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import ReturnsRows, insert, literal_column, select, true, update

from app.db.record import Record
from app.db.source import Source, may_be_null, python_type
from app.db.statement import prepare, prepare_as
from app.tasks.loaders import TASKS
from app.teams.loaders import TEAMS
from app.teams.models import Team
from app.teams.rows import TeamRow

LATERAL = select(TEAMS.columns["name"].label("name"), TEAMS.columns["id"].label("id")).limit(1).lateral("child")
STATEMENTS: list[ReturnsRows] = [
    select(TEAMS.table),
    select(literal_column("7").label("ordinal"), *LATERAL.c).select_from(TEAMS.table.join(LATERAL, true())),
    update(TEAMS.table).values(name=TEAMS.table.c.name).returning(TEAMS.table.c.version, TEAMS.table.c.id),
    insert(TEAMS.table)
    .from_select(["id"], select(TEAMS.table.c.id).where(literal_column("false")))
    .returning(*TEAMS.table.c),
    *(select(*(column.label(name) for name, column in reversed(source.columns.items()))) for source in (TASKS, TEAMS)),
]


@pytest.mark.parametrize("clause", STATEMENTS, ids=range(len(STATEMENTS)))
async def test_rows_have_the_columns_that_their_class_names(
    superuser: "asyncpg.Connection[Any]", clause: ReturnsRows
) -> None:
    statement = prepare(clause, TEAMS)  # type: ignore[call-overload]  # each of them is an Executable too
    transaction = superuser.transaction()
    await transaction.start()
    attributes = (await superuser.prepare(statement.text)).get_attributes()
    await transaction.rollback()
    assert statement.record.selected == tuple(attribute.name for attribute in attributes)
    assert (statement.record.typename, statement.record.columns) == ("Team", TEAMS.columns)
    assert issubclass(statement.record, TEAMS.record)


def test_what_reads_the_same_columns_answers_with_rows_of_one_class() -> None:
    one, same = prepare(select(TEAMS.table), TEAMS), prepare(select(TEAMS.table).limit(1), TEAMS)
    other = prepare(select(TEAMS.table.c.id), TEAMS)
    assert one.record is same.record
    assert one.record is not other.record


def test_rows_of_no_source_are_plain() -> None:
    assert prepare(select(TEAMS.table)).record is Record


class Named(Record):
    id: UUID
    name: str


def test_a_class_of_its_own_has_the_columns_that_a_statement_selects() -> None:
    assert prepare_as(select(TEAMS.table.c.name, TEAMS.table.c.id), Named).record is Named


def test_a_class_of_its_own_with_other_columns_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^Named and its statement differ in \['key', 'name'\]$"):
        prepare_as(select(TEAMS.table.c.key, TEAMS.table.c.id), Named)


def test_what_a_source_knows_of_its_columns() -> None:
    source = Source(Team, TeamRow, first=TEAMS.table.c.name.collate("C"))
    known = {name: (python_type(column), may_be_null(column)) for name, column in source.columns.items()}
    assert known["last_number"] == (int, False)
    assert known["name"] == (str, False)
    assert known["deleted_at"][1] is True
    assert known["first"] == (str, True)
