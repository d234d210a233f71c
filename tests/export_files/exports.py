"""Exports as tests write them: an organization of two people and a team, with what else a test puts into it."""

import json
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from app.db.columns import new_id

AT = "2026-11-29T12:00:00+00:00"
STAMPS = {"created_at": AT, "updated_at": AT}
ORGANIZATION, OWNER, OTHER, TEAM, IN_TEAM, ANN, BOB = (str(UUID(int=number)) for number in range(1, 8))


def organization(**fields: Any) -> dict[str, Any]:
    values = {"id": ORGANIZATION, "name": "Acme", "slug": f"acme-{new_id().hex[-12:]}", "version": 1, "settings": None}
    return {"type": "organization", **values, **STAMPS, **fields}


def member(**fields: Any) -> dict[str, Any]:
    values = {"id": OWNER, "person": ANN, "email": "ann@example.com", "name": "Ann", "role": "OWNER"}
    return {"type": "member", **values, **STAMPS, **fields}


def team(**fields: Any) -> dict[str, Any]:
    values = {"id": TEAM, "key": "ENG", "name": "Engineering", "description": None, "last_number": 1, "version": 1}
    return {"type": "team", **values, **STAMPS, "former_keys": [], "settings": None, **fields}


def team_member(**fields: Any) -> dict[str, Any]:
    values = {"id": IN_TEAM, "team": TEAM, "member": OWNER, "role": "ADMIN", "settings": None}
    return {"type": "team_member", **values, **STAMPS, **fields}


def task(**fields: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"id": str(new_id()), "team": TEAM, "number": 1, "title": "A title", "description": None}
    values |= {"status": "TODO", "priority": "NONE", "estimate": None, "due_date": None, "tags": []}
    values |= {"assignee": None, "creator": None, "completed_at": None, "version": 1}
    return {"type": "task", **values, **STAMPS, "former_keys": [], **fields}


def document(**fields: Any) -> dict[str, Any]:
    values = {"id": str(new_id()), "team": None, "title": "Guide", "kind": "TEXT", "source": None, "creator": None}
    return {"type": "document", **values, "version": 1, **STAMPS, "text": "A text", **fields}


def event() -> dict[str, Any]:
    return {"type": "event", "sequence": 1, "event": "CREATED", "whatever": [1]}


def text_of(*lines: dict[str, Any], first: dict[str, Any] | None = None) -> bytes:
    """The text of an export that holds these lines."""
    begin = {"type": "export", "format": 1, "of": "organization", "at": AT, **(first or {})}
    text = "".join(f"{json.dumps(line, separators=(',', ':'))}\n" for line in (begin, *lines)).encode()
    counts = dict(Counter(line["type"] for line in (begin, *lines)))
    last = {"type": "end", "lines": counts, "sha256": sha256(text).hexdigest()}
    return text + json.dumps(last, separators=(",", ":")).encode() + b"\n"


def write(path: Path, *lines: dict[str, Any], first: dict[str, Any] | None = None) -> Path:
    path.write_bytes(text_of(*lines, first=first))
    return path
