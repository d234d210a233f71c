"""GitHub: what `gh issue list --json …` and its REST API write."""

from typing import Any

from app.formats.record import Record, Records


def take_apart(records: Records) -> Records:
    """The records with the names of labels, the milestone's day, and an issue that nobody plans as that."""
    for record in records:
        yield Record(record.line, _values(dict(record.values)), record.raw) if isinstance(record, Record) else record


def _values(values: dict[str, Any]) -> dict[str, Any]:
    number, reason = values.pop("number", None), values.pop("reason", None)
    values.setdefault("id", f"#{number}" if number else None)
    if reason and str(reason).casefold() in {"not_planned", "duplicate"}:
        values["status"] = reason
    if isinstance(labels := values.get("tags"), list):
        values["tags"] = [label.get("name") if isinstance(label, dict) else label for label in labels]
    if isinstance(milestone := values.get("due_date"), dict):
        values["due_date"] = milestone.get("dueOn") or milestone.get("due_on")
    return values
