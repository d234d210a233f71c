"""Under which name an operation is counted: a bounded number is told apart, of all that clients make up."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from time import monotonic
from typing import Any
from uuid import UUID

from cachetools import LRUCache

MOST = 100  # names that are told apart
SHARE = MOST // 2  # of them that the requests of one caller may bring up: the other half is for others
ENOUGH = 10  # requests of a name that went well before it is one of them
CANDIDATES = 1_000  # names of which that is counted
LONGEST = 100  # letters
IDLE = 3600.0  # seconds without a request until a name makes room for another
# What is no name of its own. Clients that call an operation so are counted along.
OTHER, ANONYMOUS, NONE, DOWNLOAD = "other", "anonymous", "none", "download"
RESERVED = (OTHER, ANONYMOUS, NONE, DOWNLOAD)
# Of documents that are trusted anyway: a comment that looks like one costs nothing.
NAMED = re.compile(r"\b(?:query|mutation|subscription)\s+([_A-Za-z][_0-9A-Za-z]*)")


class Names:
    """Those of the documents that manifests list are told apart from their first request on; others have to earn it, by
    requests of people and keys that were answered without an error."""

    def __init__(self, trusted: Iterable[str] = (), *, forget: Callable[[str], object] = lambda _: None) -> None:
        """`trusted` are the texts of documents. `forget` hears of names that have made room."""
        self._trusted = frozenset(name for text in trusted for name in NAMED.findall(text))
        self._forget = forget
        self._used: dict[str, float] = {}  # name → when it was last asked for
        self._brought: dict[str, UUID] = {}  # name → who asked when it was told apart
        self._by_caller: Counter[UUID] = Counter()
        self._candidates: LRUCache[str, int] = LRUCache(CANDIDATES)

    def label(self, name: str | None, caller: UUID | None, *, fine: bool) -> str:
        """What a request is counted under. `caller` is who pays for it, `fine` says that it went well."""
        if name is None:
            return ANONYMOUS
        if name in self._used or (fine and caller is not None and self._take_in(name, caller)):
            self._used[name] = monotonic()
            return name
        return OTHER

    def _take_in(self, name: str, caller: UUID) -> bool:
        """Whether the name is one of those from now on."""
        if name in RESERVED or len(name) > LONGEST:
            return False
        if name not in self._trusted:
            asked = self._candidates[name] = self._candidates.get(name, 0) + 1
            if asked < ENOUGH or self._by_caller[caller] >= SHARE:
                return False
        if len(self._used) >= MOST and not self._make_room():
            return False
        self._candidates.pop(name, None)
        if name not in self._trusted:
            self._brought[name] = caller
            self._by_caller[caller] += 1
        return True

    def _make_room(self) -> bool:
        name = min(self._used, key=self._used.__getitem__)
        if self._used[name] > monotonic() - IDLE:
            return False
        del self._used[name]
        if name in self._brought:
            caller = self._brought.pop(name)
            self._by_caller[caller] -= 1
            self._by_caller += Counter[Any]()  # keeps those above zero
        self._forget(name)
        return True
