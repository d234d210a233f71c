"""What an operation may load and show: the objects of its lists, counted before they are read."""

from asyncio import Lock
from collections.abc import Callable
from typing import Any

from app.errors import AppError

COUNTLESS = 2**53  # more than there can be


class TooManyObjects(AppError):
    """The lists of an operation hold more objects than it may load."""

    code = "LIMIT_EXCEEDED"
    status = 400

    def __init__(self, most: int) -> None:
        super().__init__(f"The lists of the request hold more than {most} objects.")
        self.most = most
        self.level: Callable[..., Any] | None = None  # what answers the field whose list came to too many


class Shown:
    """The objects in the lists of an answer, or of a part of it: each as often as it stands there."""

    __slots__ = ("budget", "objects")

    def __init__(self, budget: "Budget") -> None:
        self.budget = budget
        self.objects = 0

    def note(self, objects: int) -> None:
        """Counts so many more. Raises TooManyObjects."""
        self.objects += objects
        if self.objects > self.budget.most:
            raise self.budget.refusal()


class Budget:
    """How many objects the lists of an operation may hold.

    Statements ask how many rows they may answer, and end there: what is too much is never read. A list that stands in
    an answer several times is loaded once, so what is shown is counted as well: it may be more.

    Once it is exceeded nothing more is loaded, and the operation as a whole is refused.
    """

    def __init__(self, most: int = COUNTLESS) -> None:
        self.most = most
        self.turn = Lock()  # for a statement and for taking what it answered
        self.shown = Shown(self)
        self.refused: TooManyObjects | None = None
        self._read = 0

    @property
    def left(self) -> int:
        """Raises TooManyObjects where the operation has been refused."""
        self.check()
        return self.most - self._read

    @property
    def loaded(self) -> int:
        """How many objects were loaded, or stand in the answer, whichever is more."""
        return max(self._read, self.shown.objects)

    def take(self, objects: int) -> None:
        """Counts what a statement has read. Raises TooManyObjects."""
        self._read += objects
        if self._read > self.most:
            raise self.refusal()

    def check(self) -> None:
        """Raises TooManyObjects where the operation has been refused: nothing more need be done for it."""
        if self.refused is not None:
            raise self.refused

    def refusal(self) -> TooManyObjects:
        """What ends the operation from now on; the first one is told."""
        self.refused = self.refused or TooManyObjects(self.most)
        return self.refused
