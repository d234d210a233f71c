"""Which models live, as the database has it."""

from typing import NamedTuple

from sqlalchemy import select

from app.db.columns import table_of
from app.db.statement import Clause, Fetch, statement
from app.search.models import EmbeddingModel, ModelState

models = table_of(EmbeddingModel)

NO_FLOOR = -1.0  # as similar as that is everything


class Model(NamedTuple):
    """A model that texts are embedded by; `measured_floor` is None until it has been measured."""

    id: int
    name: str
    dimension: int
    state: ModelState
    measured_floor: float | None = None

    @property
    def floor(self) -> float:
        """Texts that are less similar have nothing to do with each other."""
        return NO_FLOOR if self.measured_floor is None else self.measured_floor

    @property
    def needed(self) -> bool:
        """Whether a text counts as embedded only once this model has it; what a model that is being filled lacks is
        found in the end."""
        return self.state in {ModelState.READY, ModelState.ACTIVE}


async def living_models(fetch: Fetch) -> list[Model]:
    """All of them, in the order in which they came."""
    rows = await fetch(_living(), {})
    return [Model(row["id"], row["name"], row["dimension"], ModelState(row["state"]), row["floor"]) for row in rows]


async def filled_models(fetch: Fetch) -> list[Model]:
    """Those that texts are embedded by: not one that retires, whose rows are being removed."""
    return [model for model in await living_models(fetch) if model.state is not ModelState.RETIRING]


@statement
def _living() -> Clause:
    columns = models.c
    return select(columns.id, columns.name, columns.dimension, columns.state, columns.floor).order_by(columns.id)
