"""The formats that `trellis import` knows. docs/importing.md has a section on each."""

from app.formats.format import COLUMNS, Format, plain
from app.formats.words import spelled
from app.tools.clickup import join_due_date
from app.tools.github import take_apart
from app.tools.todoist import put_together
from app.tools.trello import name_labels

OWN = Format("trellis", {plain(name): name for name in COLUMNS}, [frozenset({"title"})])
MYSQL = Format("mysql", OWN.columns, backslashes=True)
JIRA = Format(
    "jira",
    {
        "summary": "title",
        "issue key": "key",
        "project name": "team",
        "description": "description",
        "status": "status",
        "priority": "priority",
        "story points": "estimate",
        "custom field (story points)": "estimate",
        "custom field (story point estimate)": "estimate",
        "due date": "due_date",
        "labels": "tag",
    },
    [frozenset({"summary", "issue key"})],
    spelled(TODO="open, reopened, selected for development"),
    spelled(HIGH="major"),
)
LINEAR = Format(
    "linear",
    {
        "id": "key",
        "team": "team",
        "title": "title",
        "description": "description",
        "status": "status",
        "priority": "priority",
        "estimate": "estimate",
        "due date": "due_date",
        "labels": "tags",
        "assignee": "assignee_email",
    },
    [frozenset({"id", "team", "title", "cycle number"}), frozenset({"id", "team", "title", "parent issue"})],
)
TRELLO = Format(
    "trello",
    {
        "card id": "id",
        "card name": "title",
        "card description": "description",
        "labels": "tags",
        "due date": "due_date",
        "due complete": "done",
        "archived": "canceled",
        "list name": "status",
        "board name": "team",
    },
    [frozenset({"card id", "card name"})],
    shape=name_labels,
)
ASANA = Format(
    "asana",
    {
        "task id": "id",
        "name": "title",
        "parent task": "parent",
        "notes": "description",
        "completed at": "done",
        "section/column": "tag",
        "due date": "due_date",
        "tags": "tags",
        "assignee email": "assignee_email",
    },
    [frozenset({"task id", "name", "section/column"}), frozenset({"task id", "name", "completed at"})],
)
CLICKUP = Format(
    "clickup",
    {
        "task id": "id",
        "task custom id": "key",
        "task name": "title",
        "task content": "description",
        "status": "status",
        "priority": "priority",
        "due date": "due_date",
        "due date text": "due date text",
        "tags": "tags",
        "space name": "team",
    },
    [frozenset({"task id", "task name"})],
    spelled(TODO="open"),
    {"1": "URGENT", "2": "HIGH", "3": "MEDIUM", "4": "LOW"},
    shape=join_due_date,
)
TODOIST = Format(
    "todoist",
    {
        "type": "type",
        "content": "title",
        "description": "description",
        "priority": "priority",
        "indent": "indent",
        "date": "due_date",
        "deadline": "deadline",
    },
    [frozenset({"type", "content", "indent"})],
    priorities={"1": "URGENT", "2": "HIGH", "3": "MEDIUM", "4": "NONE"},
    shape=put_together,
)
NOTION = Format(
    "notion",
    {
        "name": "title",
        "status": "status",
        "priority": "priority",
        "date": "due_date",
        "due date": "due_date",
        "due": "due_date",
        "tags": "tags",
    },
    [
        frozenset({"name", other})
        for other in ("created time", "created by", "last edited time", "last edited by", "assign")
    ],
)
PLANE = Format(
    "plane",
    {
        "identifier": "key",
        "project name": "team",
        "name": "title",
        "state name": "status",
        "priority": "priority",
        "estimate": "estimate",
        "target date": "due_date",
        "labels": "tags",
    },
    [frozenset({"identifier", "name", "state name"})],
)
GITHUB = Format(
    "github",
    {
        "number": "number",
        "url": "id",
        "html url": "id",
        "title": "title",
        "body": "description",
        "state": "status",
        "statereason": "reason",
        "state reason": "reason",
        "labels": "tags",
        "milestone": "due_date",
    },
    [frozenset({"number", "title"})],
    spelled(TODO="open"),
    shape=take_apart,
)

FORMATS = {
    format_.name: format_
    for format_ in (OWN, JIRA, LINEAR, TRELLO, ASANA, CLICKUP, TODOIST, NOTION, PLANE, GITHUB, MYSQL)
}
