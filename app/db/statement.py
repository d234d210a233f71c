"""SQLAlchemy builds a statement, asyncpg runs it: the text and the names of its parameters, in order."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, Generic, Protocol, TypeAlias, cast, overload

from sqlalchemy import Executable, ReturnsRows, Subquery, TableValuedAlias, select
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from app.db.columns import Expression
from app.db.record import Record, Row, Row_co
from app.db.source import Source, record_of

DIALECT = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # SQLAlchemy does not type its dialects' constructors


Parameters: TypeAlias = Mapping[str, Any]  # values by the names of parameters, or of the columns that they are for


@dataclass(frozen=True, slots=True)
class Statement(Generic[Row_co]):
    """SQL text with $1, $2 …; `constants` are the values that were in the statement when it was built."""

    text: str
    names: tuple[str, ...]
    constants: Parameters
    record: type[Row_co] = Record  # type: ignore[assignment]  # what its rows are

    def arguments(self, values: Parameters) -> list[Any]:
        """The values of the parameters in the order of the text."""
        constants = self.constants
        return [values[name] if name in values else constants[name] for name in self.names]


class Fetch(Protocol):
    """Runs a statement with the values of its parameters, within some transaction; answers the rows."""

    def __call__(self, statement: Statement[Row], values: Parameters, /) -> Awaitable[list[Row]]: ...


Clause: TypeAlias = Executable  # what `prepare` takes: a select, an insert and so on
Build = Callable[[], Clause]


def statement(build: Build) -> Callable[[], Statement[Record]]:
    """For a function that builds a clause: it answers the statement, made when it is first asked for, and once."""

    @lru_cache(1)
    @wraps(build)
    def made() -> Statement[Record]:
        return prepare(build())

    return made


def statement_of(source: Source[Row]) -> Callable[[Build], Callable[[], Statement[Row]]]:
    """The same, for a statement whose rows are those of a source."""

    def decorate(build: Build) -> Callable[[], Statement[Row]]:
        @lru_cache(1)
        @wraps(build)
        def made() -> Statement[Row]:
            return prepare(build(), source)

        return made

    return decorate


def statement_as(row: type[Row]) -> Callable[[Build], Callable[[], Statement[Row]]]:
    """The same, for a statement that is of no one table: `row` has its columns, each with the type of its values."""

    def decorate(build: Build) -> Callable[[], Statement[Row]]:
        @lru_cache(1)
        @wraps(build)
        def made() -> Statement[Row]:
            return prepare_as(build(), row)

        return made

    return decorate


def prepare_as(clause: Clause, row: type[Row]) -> Statement[Row]:
    """`clause` as text, with rows of that class; raises TypeError where it selects other columns than those."""
    selected, declared = set(_selected(clause)), set(row.__annotations__)
    if selected != declared:
        raise TypeError(f"{row.__name__} and its statement differ in {sorted(selected ^ declared)}")
    return Statement(*_compiled(clause), row)


@overload
def prepare(clause: Clause, source: None = None) -> Statement[Record]: ...


@overload
def prepare(clause: Clause, source: Source[Row]) -> Statement[Row]: ...


def prepare(clause: Clause, source: Source | None = None) -> Statement:
    """`clause` as text. About half a millisecond: keep what does not change from one operation to the next.

    Where its rows are those of a `source`, it selects each of its columns under the name that it has there.
    """
    record = record_of(source, _selected(clause)) if source else Record
    return Statement(*_compiled(clause), record)


def _selected(clause: Clause) -> tuple[str, ...]:
    return tuple(cast("ReturnsRows", clause).exported_columns.keys())


def _compiled(clause: Clause) -> tuple[str, tuple[str, ...], Parameters]:
    """The text, the names of its parameters, and the values that it has already."""
    compiled = clause.compile(dialect=DIALECT)  # type: ignore[attr-defined]  # Executable says too little; each of its kinds has it
    return compiled.string, tuple(compiled.positiontup or ()), compiled.params


def as_few(given: TableValuedAlias, amount: Expression) -> Subquery:
    """The rows of `given`, at most that `amount`, which is all of them: to be looked up one by one.

    The planner takes any list for ten or a hundred rows, and would rather read a table of some thousand than look so
    many up. Of a limit that it does not know it expects a tenth.
    """
    return select(given).limit(amount).subquery(given.name)
