"""ClickUp: a due date is in milliseconds, and the text beside it says in which time zone."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from app.formats.record import Record, Records

ZONE = re.compile(r"GMT([+-]\d{1,2})(?::?(\d\d))?")


def join_due_date(records: Records) -> Records:
    """The records with the day that a due date is where it was written."""
    for record in records:
        if isinstance(record, Record):
            values = {name: value for name, value in record.values.items() if name != "due date text"}
            if re.fullmatch(r"\d{9,15}", str(values.get("due_date", ""))):
                values["due_date"] = _day(int(values["due_date"]), str(record.values.get("due date text", "")))
            yield Record(record.line, values, record.raw)
        else:
            yield record


def _day(milliseconds: int, text: str) -> Any:
    zone = ZONE.search(text)
    offset = timedelta(hours=int(zone[1]), minutes=int(f"{zone[1][0]}{zone[2] or 0}")) if zone else timedelta()
    try:
        return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds) + offset).date().isoformat()
    except OverflowError:
        return str(milliseconds)
