"""Trello: labels with their colours, and a board as JSON, whose cards become what the CSV export has."""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from app.formats.record import Record, Records

COLOUR = re.compile(r"\s*\(([a-z_]+)\)$")


def name_labels(records: Records) -> Records:
    """The records with labels as they are called; one without a name is called by its colour."""
    for record in records:
        if isinstance(record, Record) and isinstance(labels := record.values.get("tags"), str):
            named = [COLOUR.sub("", label).strip() or label.strip(" ()") for label in labels.split(",")]
            yield Record(record.line, {**record.values, "tags": named}, record.raw)
        else:
            yield record


def is_board(document: object) -> bool:
    """Whether a JSON document is a board."""
    return isinstance(document, dict) and all(isinstance(document.get(name), list) for name in ("cards", "lists"))


def cards_of(board: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The cards, with the columns of the CSV export, and their checklists below their descriptions."""
    lists = {one.get("id"): one for one in _objects(board["lists"])}
    checklists = defaultdict(list)
    for checklist in _objects(board.get("checklists")):
        checklists[checklist.get("idCard")].append(checklist)
    commented = {
        action.get("data", {}).get("card", {}).get("id")
        for action in _objects(board.get("actions"))
        if action.get("type") == "commentCard"
    }
    for card in _objects(board["cards"]):
        home = lists.get(card.get("idList"), {})
        labels = [label.get("name") or label.get("color") for label in _objects(card.get("labels"))]
        yield {
            "Card ID": card.get("id"),
            "Card Name": card.get("name"),
            "Card Description": "\n\n".join(filter(None, [card.get("desc"), *map(_text, checklists[card.get("id")])])),
            "Labels": [label for label in labels if label],
            "Due Date": card.get("due"),
            "Due Complete": card.get("dueComplete"),
            "Archived": card.get("closed") or home.get("closed"),
            "List Name": home.get("name"),
            "Board Name": board.get("name"),
            "Members": card.get("idMembers"),
            "Attachments": card.get("attachments"),
            "Comments": card.get("id") in commented or None,
        }


def _text(checklist: dict[str, Any]) -> str:
    """A checklist as Markdown."""
    items = sorted(_objects(checklist.get("checkItems")), key=lambda item: item.get("pos") or 0)
    lines = [f"- [{'x' if item.get('state') == 'complete' else ' '}] {item.get('name')}" for item in items]
    return "\n".join([checklist["name"], "", *lines] if checklist.get("name") else lines)


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
