"""What the log says of each request: who asked for what, and what it took."""

from collections.abc import Sequence
from time import perf_counter

from graphql import OperationDefinitionNode

from app.auth.actor import Actor
from app.db.unit_of_work import Unit
from app.log import REQUEST_ID, log
from app.operations.documents import Document

HASH_LENGTH = 16  # hexadecimal digits: enough to find a document among those of a company's clients
LONGEST_NAME = 100


class Entry:
    """The line of one request, filled in as it becomes known. No text of a document, variable or token is part of it.

    Clients' mistakes are in it by their codes; what nobody foresaw has a line of its own, with the stack.
    """

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        self.started = perf_counter()
        self.actor: Actor | None = None
        self.document: Document | None = None
        self.operation: OperationDefinitionNode | None = None
        self.unit: Unit | None = None
        self.refused: str | None = None  # why nobody was signed in: our words, none of the token's
        REQUEST_ID.set(request_id)

    def write(self, status: int, codes: Sequence[str]) -> None:
        """`codes` are those of the errors in the answer."""
        name = self.operation.name if self.operation else None
        (log.info if status < 500 else log.warning)(
            "request",
            operation=name.value[:LONGEST_NAME] if name else None,
            document=self.document.hash[:HASH_LENGTH] if self.document else None,
            actor=str(self.actor.id) if self.actor else None,
            statements=self.unit.statements if self.unit else 0,
            ms=round((perf_counter() - self.started) * 1000, 1),
            status=status,
            errors=codes,
            **({"refused": self.refused} if self.refused else {}),
        )
