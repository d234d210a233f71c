"""What `trellis doctor` says of one thing that it looked at."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that was looked at; where it is not well, `text` says what to do."""

    well: bool
    text: str
