"""What a search may find: the live rows of one organization that pass the filter, and how a statement keeps to them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    REAL,
    BindParameter,
    ColumnElement,
    FromClause,
    Table,
    TableValuedAlias,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from app.db.columns import Expression, Rows, table_of
from app.db.record import Record
from app.db.statement import Parameters, Statement, prepare_as
from app.graph.conditions import Chosen, Condition
from app.graph.context import Context
from app.ranking.phrases import Demands, held, holds, lacks
from app.ranking.terms import is_callers
from app.search.models import SearchWordTotal
from app.search.searchable import Searchable

totals = table_of(SearchWordTotal)

# Among so few rows each vector is compared, which finds all there is; an index is for more.
FEW = 5_000
SURELY_MANY = 4 * FEW  # texts, of which some may be deleted
MOST_OF_WHOLE = 5  # rows that are shown as one: else those of a long document would leave no room for others


@dataclass(frozen=True)
class Searched:
    """The rows of a kind that hold a condition, of the organization that statements are told by `organization_id`.

    `chosen` says whether there is a filter, `holds` and `lacks` whether there are phrases that a text must hold, and
    words that it must not.
    """

    searchable: Searchable
    condition: Condition
    chosen: bool = False
    holds: bool = False
    lacks: bool = False

    @property
    def table(self) -> Table:
        return self.searchable.table

    @property
    def kind(self) -> ColumnElement[str]:
        return literal_column(f"'{self.searchable.kind}'", Text)

    @property
    def organization_id(self) -> BindParameter[UUID]:
        return bindparam("organization_id", type_=Uuid)

    def matching(self) -> TableValuedAlias:
        """The database's look-up of texts by the words `terms`, with what they say to the query `scored`."""
        scored = cast(bindparam("scored", type_=Text), TSQUERY)
        letters = cast(bindparam("letters", type_=ARRAY(REAL)), ARRAY(REAL))
        every: ColumnElement[str] = literal_column("NULL::tsquery")
        return func.trellis_matching(
            self.organization_id, self.kind, bindparam("terms", type_=ARRAY(Text)), letters, scored, every
        ).table_valued("subject_id", "rank", name="with_terms")

    def rows(self, *columns: Expression) -> Rows:
        """All that may be found, which is scoped: the second wall."""
        rows = select(*columns).where(
            self.table.c.organization_id == self.organization_id,
            is_callers(self.organization_id),
            self.condition.clause(),
        )
        if self.holds:
            rows = rows.where(holds(self.searchable))
        if self.lacks:
            rows = rows.where(lacks(self.searchable))
        return rows

    def keep(self, found: Rows, source: FromClause, *, narrow: bool) -> Rows:
        """`found`, of `source` with its `subject_id`, without what may not be found.

        Where that is much, each row is looked up, and only until a limit is reached: LATERAL with a limit lets the
        planner do nothing else, such as hashing all the tasks of the organization to find a hundred.
        """
        if narrow:
            few = few_rows()
            return found.select_from(source.join(few, few.c.id == source.c.subject_id))
        one = self.rows(true().label("there")).where(self.table.c.id == source.c.subject_id)
        return found.select_from(source.join(one.limit(literal_column("1")).lateral("one"), true()))

    def best_of_wholes(self, found: FromClause, score: Expression) -> FromClause:
        """`found`, with its `subject_id`; of the rows that are shown as one only the few that score most."""
        table, whole = self.table, self.searchable.whole
        if whole is None:
            return found
        # Looked up like those of `keep`: joined, all that was found may be found anew for each row of the organization.
        one = select(whole.label("whole")).where(
            table.c.organization_id == self.organization_id,
            table.c.id == found.c.subject_id,
            is_callers(self.organization_id),
        )
        of = one.limit(literal_column("1")).lateral("of")
        place = func.row_number().over(partition_by=of.c.whole, order_by=(score.desc(), found.c.subject_id))
        placed = select(*found.c, place.label("place_in_whole")).select_from(found.join(of, true())).subquery("placed")
        best = select(*(placed.c[column.name] for column in found.c))
        return best.where(placed.c.place_in_whole <= literal_column(str(MOST_OF_WHOLE))).subquery("best")

    def pinned(self, *, narrow: bool) -> Rows:
        """The row that is found whatever its text says, unless it may not be found."""
        pinned_id = bindparam("pinned_id", type_=Uuid)
        if narrow:
            few = few_rows()
            return select(few.c.id.label("subject_id")).where(few.c.id == pinned_id)
        return self.rows(self.table.c.id.label("subject_id")).where(self.table.c.id == pinned_id)


def few_rows() -> TableValuedAlias:
    """The rows whose `ids` a statement is given."""
    # As a table: to compare a row with each id of an array would take longer the more there are.
    return func.unnest(cast(bindparam("ids", type_=Text), ARRAY(Uuid))).table_valued("id").render_derived("few")


class Counted(Record):
    """See `counting`."""

    ids: str | None
    texts: int | None


@lru_cache(500)
def counting(searched: Searched) -> Statement[Counted]:
    """The `ids` of all rows that may be found, as the text of an array, which comes and goes faster than its elements
    do; NULL where they are more than FEW. And how many `texts` the organization had when they were last counted; NULL
    before that.

    Where nothing is asked of them and there were many texts the last time they were counted, they are not counted
    again: reading 5,001 rows would be a fifth of the search.
    """
    some = _some(searched).limit(literal_column(str(FEW + 1))).subquery("some")
    every = func.coalesce(func.array_agg(some.c.id), cast(literal_column("'{}'"), ARRAY(Uuid)))
    few = (
        select(case((func.count() <= literal_column(str(FEW)), cast(every, Text)))).select_from(some).scalar_subquery()
    )
    texts = (
        select(totals.c.texts)
        .where(totals.c.organization_id == searched.organization_id, totals.c.kind == searched.kind)
        .where(is_callers(searched.organization_id))
        .scalar_subquery()
    )
    asks = searched.chosen or searched.holds or searched.lacks
    ids = few if asks else case((func.coalesce(texts, 0) <= literal_column(str(SURELY_MANY)), few))
    return prepare_as(select(ids.label("ids"), texts.label("texts")), Counted)


def _some(searched: Searched) -> Rows:
    """The ids of what may be found; where it holds a phrase, each that does is looked up."""
    if not searched.holds:
        return searched.rows(searched.table.c.id)
    holding = held(searched.searchable)
    return searched.keep(select(holding.c.subject_id.label("id")), holding, narrow=False)


class Scope(NamedTuple):
    """What a search may find, and the parameters that say so."""

    searched: Searched
    values: Parameters
    texts: int | None  # of the organization; None before they were counted

    @property
    def narrow(self) -> bool:
        """Whether that is few rows, whose ids are known."""
        return self.values["ids"] is not None

    def above(self, floor: float) -> "Scope":
        """The same, of which what is found by meaning has to be as similar."""
        return self._replace(values={**self.values, "floor": floor})


async def scope_of(
    context: Context, organization_id: UUID, searchable: Searchable, chosen: Chosen, demands: Demands
) -> Scope:
    """What may be found, and its ids where they are few."""
    searched = Searched(searchable, chosen.condition, holds=bool(demands.held), lacks=bool(demands.unwanted))
    values = {"organization_id": organization_id, **demands.values(), **chosen.values}
    (counted,) = await context.fetch(counting(searched), values)
    return Scope(searched, values | {"ids": counted.ids}, counted.texts)
