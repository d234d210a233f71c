"""What resolvers know of the model that searches read by."""

from typing import NamedTuple, Protocol
from uuid import UUID

from app.errors import AppError


class ModelUnavailable(AppError):
    """The model cannot be asked now; what is found by words is found all the same."""

    code = "SERVICE_UNAVAILABLE"
    status = 503


class NothingMeant(AppError):
    """The model works, and makes nothing of this text."""

    code = "BAD_USER_INPUT"
    status = 400


class QueryEmbedding(NamedTuple):
    """A text as the active model has it; `vector` is what PostgreSQL casts to a vector of that dimension."""

    model_id: int
    dimension: int
    weight: float  # how much it counts beside full text, from 0 to 1
    floor: float  # what is less similar has nothing to do with it
    vector: str


class EmbeddingModels(Protocol):
    """The models of this process."""

    async def embed(self, text: str) -> QueryEmbedding:
        """Takes a millisecond to two seconds; raises ModelUnavailable, and NothingMeant."""

    def lacks_texts(self, organization_id: UUID) -> bool:
        """Whether some of its texts have waited for the model for more than five minutes, a look ago."""

    def wake(self) -> None:
        """Tells that there are new texts to embed."""
