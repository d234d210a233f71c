"""Todoist: sections, tasks within tasks, and notes stand on rows of their own."""

import re
from dataclasses import replace
from typing import Any

from app.formats.days import NoDay, day_of
from app.formats.record import Record, Records, Reject

LABEL = re.compile(r"(?:^|(?<=\s))@(\S+)\s*")
DEEPEST = 100


def put_together(records: Records) -> Records:
    """A record for each task, with its section as a tag, its path as its title, and its notes."""
    held: Record | None = None
    section: str = ""
    path: list[str] = []
    for record in records:
        kind = str(record.values.get("type", "")).strip().casefold() if isinstance(record, Record) else ""
        if isinstance(record, Record) and kind == "note" and held:
            held = _with_note(held, record)
            continue
        if held:
            yield held
            held = None
        if isinstance(record, Reject):
            yield record
        elif kind == "section":
            section, path = str(record.values.get("title", "")).strip(), []
        elif kind == "task":
            held = _task(record, section, path)
        else:
            yield Reject(record.line, _why(kind), record.raw)
    if held:
        yield held


def _why(kind: str) -> str:
    if kind == "note":
        return "TYPE: a note without a task before it"
    return f"TYPE: {kind!r} is none of section, task, note"


def _task(record: Record, section: str, path: list[str]) -> Record:
    """The record of a task; `path` becomes that of its own titles."""
    values = dict(record.values)
    tags = LABEL.findall(str(values.get("title", "")))
    title = LABEL.sub("", str(values.get("title", ""))).strip()
    indent = str(values.pop("indent", "")).strip()
    depth = min(int(indent), DEEPEST) - 1 if indent.isdecimal() else 0
    del path[max(depth, 0) :]
    values |= {"title": title, "parent": " / ".join(path), "tags": [tag for tag in (section, *tags) if tag]}
    path.append(title)
    days = {"Date": values.pop("due_date", ""), "Deadline": values.pop("deadline", "")}
    values |= _dated(str(values.get("description", "")), days)
    values.pop("type")
    return Record(record.line, values, record.raw)


def _dated(description: str, days: dict[str, Any]) -> dict[str, Any]:
    """A day that can be kept as one; what says when in words, such as `every day`, goes below the description."""
    due_date = ""
    for name, text in days.items():
        try:
            due_date = day_of(str(text)).isoformat() if text else due_date
        except NoDay:
            description = f"{description}\n\n{name}: {text}".strip()
    return {"description": description, "due_date": due_date}


def _with_note(task: Record, note: Record) -> Record:
    text = "\n\n".join(filter(None, (task.values["description"], str(note.values.get("title", "")))))
    return replace(task, values={**task.values, "description": text}, raw=f"{task.raw}\n{note.raw}")
