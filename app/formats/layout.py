"""What a file turned out to be: its format, and what becomes of each of its columns."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.formats.format import LISTS, Format, plain
from app.formats.lines import UTF_8
from app.formats.record import FileUnusable
from app.formats.wishes import Wishes
from app.tools.known import FORMATS, OWN


@dataclass
class Layout:
    """It is filled in as the file is read, and afterwards says all of it. Columns are by their names in the file."""

    path: Path
    wishes: Wishes = field(default_factory=Wishes)
    required: Collection[str] = ()  # fields that a file with a header must have, besides the title
    encoding: str = UTF_8
    format: Format = OWN
    container: str = ""
    skipped: int = 0  # lines above the header
    taken: dict[str, str] = field(default_factory=dict)  # the field that each column is
    left: dict[str, None] = field(default_factory=dict)  # columns that say something, and are none

    def fields(self, names: Iterable[str]) -> dict[str, str]:
        """The field of each of these plain names that is one, as the person wishes, or else as the format has it."""
        names = list(names)
        wished = {name: self.wishes.columns[name] for name in names if name in self.wishes.columns}
        given = set(self.wishes.columns.values()) - LISTS
        usual = {name: is_ for name, is_ in self.format.columns.items() if name in names and is_ not in given}
        return {name: is_ for name, is_ in (usual | wished).items() if is_}

    def check_wishes(self, names: Collection[str]) -> None:
        """Raises FileUnusable where the person speaks of a column that is not there."""
        if missing := [name for name in self.wishes.columns if name not in set(map(plain, names))]:
            raise FileUnusable(
                f"{self.path} has no column {' and no column '.join(missing)}, as --map says: it has "
                f"{readable([name for name in names if name.strip()])}"
            )


def recognize(names: Sequence[str], wishes: Wishes) -> Format | None:
    """The format of a header with these plain names: of those that recognize it, the one that knows most of it."""
    if wishes.format:
        return wishes.format if _has_title(names, wishes.format, wishes) else None
    fitting = [format_ for format_ in FORMATS.values() if format_.recognizes(names)]
    if not fitting:
        return OWN if _has_title(names, OWN, wishes) else None
    return max(fitting, key=lambda format_: known(names, format_, wishes))


def known(names: Iterable[str], format_: Format, wishes: Wishes) -> int:
    """How many of the names are columns of the format, or of which the person has said something."""
    return len({name for name in names if name in format_.columns or name in wishes.columns})


def _has_title(names: Iterable[str], format_: Format, wishes: Wishes) -> bool:
    columns: Mapping[str, str] = {**format_.columns, **wishes.columns}
    return any(columns.get(name) == "title" for name in names)


def readable(names: Sequence[str], most: int = 12) -> str:
    """Names on one line, not too many of them."""
    shown = ", ".join(" ".join(name.split())[:60] for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
