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
    lists = {str(one.get("id")): one for one in _objects(board["lists"])}
    checklists = defaultdict(list)
    for checklist in _objects(board.get("checklists")):
        checklists[str(checklist.get("idCard"))].append(_text(checklist))
    commented = {_card_of(action) for action in _objects(board.get("actions")) if action.get("type") == "commentCard"}
    for card in _objects(board["cards"]):
        home = lists.get(str(card.get("idList")), {})
        labels = [label.get("name") or label.get("color") for label in _objects(card.get("labels"))]
        yield {
            "Card ID": card.get("id"),
            "Card Name": card.get("name"),
            "Card Description": _below(card.get("desc"), checklists[str(card.get("id"))]),
            "Labels": [label for label in labels if label],
            "Due Date": card.get("due"),
            "Due Complete": card.get("dueComplete"),
            "Archived": card.get("closed") or home.get("closed"),
            "List Name": home.get("name"),
            "Board Name": board.get("name"),
            "Members": card.get("idMembers"),
            "Attachments": card.get("attachments"),
            "Comments": str(card.get("id")) in commented or None,
        }


def _below(description: Any, checklists: list[str]) -> Any:
    """What is no text stays as it is, for its reason to be told."""
    texts = [description, *checklists]
    return "\n\n".join(filter(None, texts)) if (description is None or isinstance(description, str)) else description


def _card_of(action: dict[str, Any]) -> str:
    """The id of the card that somebody has commented."""
    data = action.get("data")
    card = data.get("card") if isinstance(data, dict) else None
    return str(card.get("id")) if isinstance(card, dict) else ""


def _text(checklist: dict[str, Any]) -> str:
    """A checklist as Markdown."""
    items = sorted(_objects(checklist.get("checkItems")), key=_place)
    lines = [f"- [{'x' if item.get('state') == 'complete' else ' '}] {item.get('name')}" for item in items]
    return "\n".join([str(checklist["name"]), "", *lines] if checklist.get("name") else lines)


def _place(item: dict[str, Any]) -> float:
    place = item.get("pos")
    return place if isinstance(place, int | float) else 0.0


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
