"""How many requests there were, by operation and outcome, how long they took, and what they read."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from graphql import OperationDefinitionNode

from app.counting import Histogram
from app.operations.names import OTHER, Names

# Seconds. The last is the usual end of a request; what deletes much may take longer.
DURATIONS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
MOST_OUTCOMES = 500  # pairs of an operation and an outcome; those beyond are counted of `other`


class Counted:
    """Of one operation."""

    __slots__ = ("outcomes", "rows", "seconds", "statements")

    def __init__(self) -> None:
        self.outcomes: dict[tuple[int, str], int] = {}  # status and first code → requests
        self.seconds = Histogram(DURATIONS)
        self.statements = 0
        self.rows = 0


class RequestCounts:
    """Of one process. What is kept is bounded, whatever clients call their operations."""

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        """`trusted` are the texts of documents whose names are told apart at once."""
        self.operations: dict[str, Counted] = {}
        self.names = Names(trusted, forget=self.operations.pop)

    def name(self, operation: OperationDefinitionNode, caller: UUID | None, *, fine: bool) -> str:
        """What a request is counted under; see Names."""
        return self.names.label(operation.name.value if operation.name else None, caller, fine=fine)

    def note(self, name: str, status: int, codes: Sequence[str]) -> Counted:
        """Counts a request that has been answered; what it took is for the caller to add to what this gives."""
        outcome = status, codes[0] if codes else ""
        counted = self._counted(name)
        if outcome not in counted.outcomes and self._outcomes() >= MOST_OUTCOMES:
            counted = self._counted(OTHER)
        counted.outcomes[outcome] = counted.outcomes.get(outcome, 0) + 1
        return counted

    def _counted(self, name: str) -> Counted:
        counted = self.operations.get(name)
        if counted is None:
            counted = self.operations[name] = Counted()
        return counted

    def _outcomes(self) -> int:
        return sum(len(one.outcomes) for one in self.operations.values())
