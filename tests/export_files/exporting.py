"""Organizations exported and taken back, and what the API says of them."""

from pathlib import Path
from typing import Any

from app import time_limits
from app.config import Settings
from app.db.engine import Database
from app.export_files.lines import sections
from app.export_files.read import read_export
from app.export_files.take_back import survey, take_back
from app.export_files.write import Transcript, snapshot, write
from app.exports.enter import enter_organization
from tests.api import Api

SETTINGS = "timezone weekStart defaultTaskPriority digest version"
GROUP = f"{SETTINGS} retentionDays locked"
STAMPS = "createdAt updatedAt"
EVERYTHING = f"""query ($slug: String!, $after: String) {{ organization(by: {{slug: $slug}}) {{
    name version {STAMPS} settings {{ {GROUP} searchMode }}
    members(first: 100) {{ nodes {{ role {STAMPS} user {{ id name email }} }} }}
    teams(first: 50, orderBy: {{field: CREATED_AT}}) {{ nodes {{
        key name description version {STAMPS} settings {{ {GROUP} }}
        members(first: 20) {{ nodes {{
            role {STAMPS} settings {{ {SETTINGS} }} organizationMember {{ user {{ id }} }}
        }} }}
    }} }}
    tasks(first: 100, after: $after, orderBy: {{field: CREATED_AT}}) {{ nodes {{
        key title description status priority estimate dueDate tags completedAt version {STAMPS}
        creator {{ id }} assignee {{ deletedAt user {{ id }} }}
    }} pageInfo {{ hasNextPage endCursor }} }}
    documents(first: 100, orderBy: {{field: CREATED_AT}}) {{ nodes {{
        title kind source text textHash size version {STAMPS} team {{ key }} createdBy {{ id }}
    }} }}
}} }}"""
TASK = (
    "query ($slug: String!, $key: String!) { task(by: {key: {organizationSlug: $slug, key: $key}}) { key deletedAt } }"
)


async def exported(url: str, slug: str) -> bytes:
    """The whole export of an organization."""
    database = Database.open(Settings(database_url=url), time_limits.HOUSEKEEPING, size=1)
    try:
        async with snapshot(database) as connection:
            values = {"organization_id": await enter_organization(connection, slug)}
            return b"".join([one async for one in write(connection, sections(), values, Transcript("organization"))])
    finally:
        await database.close()


async def taken_back(url: str, path: Path, slug: str, email: str) -> dict[str, int]:
    """How many rows of each type were made."""
    return await take_back(url, read_export(path), survey(read_export(path)), slug=slug, email=email)


async def everything(api: Api, slug: str, who: str) -> dict[str, Any]:
    """All that an export keeps, in the order of lists. Of former members, and of tasks that they have, nothing."""
    data = await api.data(EVERYTHING, who=who, slug=slug)
    organization: dict[str, Any] = data["organization"]
    page = organization["tasks"]
    while page["pageInfo"]["hasNextPage"]:
        data = await api.data(EVERYTHING, who=who, slug=slug, after=page["pageInfo"]["endCursor"])
        page = data["organization"]["tasks"]
        organization["tasks"]["nodes"] += page["nodes"]
    del organization["tasks"]["pageInfo"]
    people = {member["user"]["id"] for member in organization["members"]["nodes"]}
    for task in organization["tasks"]["nodes"]:
        assignee = task["assignee"]
        task["assignee"] = assignee["user"] if assignee and assignee["deletedAt"] is None else None
        task["creator"] = _among(people, task["creator"])
    for document in organization["documents"]["nodes"]:
        document["createdBy"] = _among(people, document["createdBy"])
    return organization


def _among(people: set[str], person: dict[str, Any] | None) -> dict[str, Any] | None:
    return person if person and person["id"] in people else None


async def found(api: Api, slug: str, who: str, keys: set[str]) -> dict[str, str | None]:
    """What the live task is called now that each key finds."""
    tasks = {key: (await api.data(TASK, who=who, slug=slug, key=key))["task"] for key in sorted(keys)}
    return {key: task["key"] if task and task["deletedAt"] is None else None for key, task in tasks.items()}
