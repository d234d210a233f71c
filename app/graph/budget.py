"""What an operation may load and show: objects of lists and long texts, counted before they are read."""

from asyncio import Lock
from collections.abc import Callable
from typing import Any

from app.errors import AppError
from app.graph.filter_path import FilterPath, Used

COUNTLESS = 2**53  # more than there can be
MOST_TEXT = 8 * 1024 * 1024  # bytes: in memory they are up to four times that, in the answer once more

# Objects: building a condition, or counting a list, takes as long as loading so many.
A_CONDITION = 10
A_TOTAL = 10
SORTED_AN_OBJECT = 30  # rows that are sorted, where no index has them in order, while one object is loaded


class BudgetExceeded(AppError):
    """An operation came to more than it may load: to `found` of `what`, where `most` are allowed."""

    code = "LIMIT_EXCEEDED"
    status = 400
    limit: str
    what: str

    def __init__(self, most: int, found: int | str, field: str | None = None) -> None:
        """`field`: where it came to too much, as in `Task.description`."""
        super().__init__(f"The request has {found} {self.what}, and no more than {most} are loaded.")
        self.most = most
        self.found = found
        self.field = field
        self.level: Callable[..., Any] | None = None  # what answers the field, where its name is not known


class TooManyObjects(BudgetExceeded):
    limit = "max_loaded"
    what = "objects in its lists"


class TooMuchText(BudgetExceeded):
    limit = "long_texts"
    what = "bytes of long texts"


class Shown:
    """What is in an answer, or a part of it: the objects of its lists and long texts, each as often as it is there."""

    __slots__ = ("budget", "objects", "text", "text_repeated")

    def __init__(self, budget: "Budget") -> None:
        self.budget = budget
        self.objects = 0
        self.text = 0  # bytes of long texts that were counted one by one
        self.text_repeated = 0  # bytes of others, beyond the first time that they are there

    def add(self, part: "Shown") -> None:
        """Counts what is in a part of the answer. Raises BudgetExceeded."""
        self.note(part.objects, text=part.text, text_repeated=part.text_repeated)

    def note(self, objects: int, *, text: int = 0, text_repeated: int = 0) -> None:
        """Counts so much more. Raises BudgetExceeded."""
        self.objects += objects
        self.text += text
        self.text_repeated += text_repeated
        self.budget.check_shown(self)


class Budget:
    """How many objects the lists of an operation may hold, and how much text they may.

    Statements ask how many rows they may answer, and end there: what is too much is never read. A list that stands in
    an answer several times is loaded once, so what is shown is counted as well: it may be more.

    Once it is exceeded nothing more is loaded, and the operation as a whole is refused.
    """

    def __init__(self, most: int = COUNTLESS) -> None:
        self.most = most
        self.turn = (
            Lock()
        )  # for a statement, until what it answered has been taken: at once, before anything is awaited
        self.shown = Shown(self)
        self.refused: BudgetExceeded | None = None
        self.work = 0  # beside loading, in objects: as much as loading so many
        self.used = Used()  # by filters
        self._read = 0
        self._text = 0

    @property
    def left(self) -> int:
        """Objects. Raises BudgetExceeded where the operation has been refused."""
        self.check()
        return self.most - self._read

    @property
    def text_left(self) -> int:
        """Bytes. Raises BudgetExceeded where the operation has been refused."""
        self.check()
        return MOST_TEXT - self._text

    @property
    def cost(self) -> int:
        """What has been done, in objects: loading them, and what is as much work."""
        return max(self._read, self.shown.objects) + self.work + A_CONDITION * self.used.conditions

    def filter_path(self) -> FilterPath:
        """Where a filter of the operation begins."""
        return FilterPath(used=self.used)

    @property
    def has_texts(self) -> bool:
        """Whether any long text has been loaded."""
        return self._text > 0

    def take(self, objects: int) -> None:
        """Counts what a statement has read. Raises TooManyObjects."""
        self._read += objects
        if self._read > self.most:
            raise self.refusal(self.too_many())

    def take_text(self, field: str, amount: int) -> None:
        """Counts bytes of long texts. Raises TooMuchText."""
        self._text += amount
        if self._text > MOST_TEXT:
            raise self.refusal(TooMuchText(MOST_TEXT, self._text, field))

    def check_shown(self, shown: Shown) -> None:
        """Raises BudgetExceeded where that is too much."""
        if shown.objects > self.most:
            raise self.refusal(self.too_many())
        repeated = self._text + shown.text_repeated if shown.text_repeated else 0
        if (text := max(shown.text, repeated)) > MOST_TEXT:
            raise self.refusal(TooMuchText(MOST_TEXT, text))

    def too_many(self) -> TooManyObjects:
        return TooManyObjects(self.most, f"more than {self.most}")

    def check(self) -> None:
        """Raises BudgetExceeded where the operation has been refused: nothing more need be done for it."""
        if self.refused is not None:
            raise self.refused

    def refusal(self, error: BudgetExceeded) -> BudgetExceeded:
        """What ends the operation from now on; the first one is told."""
        self.refused = self.refused or error
        return self.refused
