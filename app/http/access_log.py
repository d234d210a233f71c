"""What the log says of each request, and what is counted of it: who asked for what, and what it took."""

from collections.abc import Sequence
from time import perf_counter

from graphql import OperationDefinitionNode

from app.auth.actor import Actor
from app.db.unit_of_work import Unit
from app.http.request_counts import RequestCounts
from app.log import REQUEST_ID, log
from app.operations.documents import Document
from app.operations.names import NONE

HASH_LENGTH = 16  # hexadecimal digits: enough to find a document among those of a company's clients
LONGEST_NAME = 100


class Entry:
    """The line of one request, filled in as it becomes known. No text of a document, variable or token is part of it.

    Clients' mistakes are in it by their codes; what nobody foresaw has a line of its own, with the stack.
    """

    def __init__(self, request_id: str, counts: RequestCounts, *, name: str = NONE) -> None:
        """`name` is what the request is counted under where it runs no operation."""
        self.request_id = request_id
        self.counts = counts
        self.name = name
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
        seconds = perf_counter() - self.started
        self._count(status, codes, seconds)
        (log.info if status < 500 else log.warning)(
            "request",
            operation=name.value[:LONGEST_NAME] if name else None,
            document=self.document.hash[:HASH_LENGTH] if self.document else None,
            actor=str(self.actor.id) if self.actor else None,
            statements=self.unit.statements if self.unit else 0,
            ms=round(seconds * 1000, 1),
            status=status,
            errors=codes,
            **({"refused": self.refused} if self.refused else {}),
        )

    def _count(self, status: int, codes: Sequence[str], seconds: float) -> None:
        name = self.name
        if self.operation:
            name = self.counts.name(self.operation, self.actor.payer_id if self.actor else None, fine=not codes)
        counted = self.counts.note(name, status, codes)
        counted.seconds.observe(seconds)
        if self.unit:
            counted.statements += self.unit.statements
            counted.rows += self.unit.rows
