"""The lines of an organization's export, field by field: what each may say, and so what an import takes back.

docs/export.md says what they mean. Ids are those of the server that wrote them, and lead from one line to another.
"""

from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import Annotated, Literal, Self, TypeAlias
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from app.auth.email import LONGEST_EMAIL
from app.documents.models import LARGEST_TEXT, LONGEST_SOURCE, DocumentKind
from app.members.models import OrganizationRole
from app.ranking.signals import SearchMode
from app.settings.models import LONGEST_RETENTION, SettingName, Weekday
from app.settings.resolve import ZONES
from app.spelling import composed
from app.tasks.models import (
    FIRST_DAY,
    LARGEST_ESTIMATE,
    LAST_DAY,
    LONGEST_DESCRIPTION,
    LONGEST_TAG,
    MOST_TAGS,
    TaskPriority,
    TaskStatus,
)
from app.team_members.models import TeamRole

HIGHEST = 2**31 - 1  # of a 32-bit integer


def _named(kind: type[Enum]) -> Callable[[str], str]:
    def check(name: str) -> str:
        if name not in kind.__members__:
            raise ValueError(f"is none of {', '.join(kind.__members__)}")
        return name

    return check


def _zone(name: str) -> str:
    if name not in ZONES:
        raise ValueError("is no time zone")
    return name


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character")
    return text


def _small(text: str) -> str:
    if len(text.encode()) > LARGEST_TEXT:
        raise ValueError(f"has more than {LARGEST_TEXT:,} bytes")
    return text


def _spelled(longest: int) -> AfterValidator:
    """In its one spelling, which may be longer."""
    return AfterValidator(lambda text: composed(text)[:longest])


def _once(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags))


NoNul = AfterValidator(_without_nul)
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=100), NoNul]
Known: TypeAlias = Annotated[Name, _spelled(100)]  # by its name
Title: TypeAlias = Annotated[str, Field(min_length=1, max_length=200), NoNul]
Description: TypeAlias = Annotated[str, Field(max_length=LONGEST_DESCRIPTION), NoNul]
Tag: TypeAlias = Annotated[str, Field(min_length=1, max_length=LONGEST_TAG), NoNul, _spelled(LONGEST_TAG)]
Slug: TypeAlias = Annotated[str, Field(pattern="^[a-z0-9-]{2,50}$")]
TeamKey: TypeAlias = Annotated[str, Field(pattern="^[A-Z][A-Z0-9]{0,11}$")]
TaskKey: TypeAlias = Annotated[str, Field(pattern="^[A-Z][A-Z0-9_]{0,11}-[0-9]{1,10}$")]
Version: TypeAlias = Annotated[int, Field(ge=1, le=HIGHEST)]
Priority: TypeAlias = Annotated[str, AfterValidator(_named(TaskPriority))]


class Part(BaseModel):
    """What a newer server may have added is refused: left out, it would be lost without a word."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Stamped(Part):
    created_at: AwareDatetime
    updated_at: AwareDatetime


class OwnSettings(Stamped):
    timezone: Annotated[str, AfterValidator(_zone)] | None
    week_start: Annotated[str, AfterValidator(_named(Weekday))] | None
    default_task_priority: Priority | None
    digest: bool | None
    version: Version


class GroupSettings(OwnSettings):
    retention_days: Annotated[int, Field(ge=1, le=LONGEST_RETENTION)] | None
    locked: list[Annotated[str, AfterValidator(_named(SettingName))]]


class OrganizationSettings(GroupSettings):
    search_mode: Annotated[str, AfterValidator(_named(SearchMode))] | None


class OrganizationLine(Stamped):
    type: Literal["organization"]
    id: UUID
    name: Known
    slug: Slug
    version: Version
    settings: OrganizationSettings | None


class MemberLine(Stamped):
    type: Literal["member"]
    id: UUID
    person: UUID
    email: Annotated[str, Field(max_length=LONGEST_EMAIL), NoNul] | None
    name: Name
    role: Annotated[str, AfterValidator(_named(OrganizationRole))]


class FormerMemberLine(Part):
    type: Literal["former_member"]
    person: UUID
    name: Name


class FormerTeamKey(Part):
    key: TeamKey
    until: AwareDatetime


class TeamLine(Stamped):
    type: Literal["team"]
    id: UUID
    key: TeamKey
    name: Known
    description: Description | None
    last_number: Annotated[int, Field(ge=0, le=HIGHEST)]
    version: Version
    former_keys: list[FormerTeamKey]
    settings: GroupSettings | None


class TeamMemberLine(Stamped):
    type: Literal["team_member"]
    id: UUID
    team: UUID
    member: UUID
    role: Annotated[str, AfterValidator(_named(TeamRole))]
    settings: OwnSettings | None


class FormerTaskKey(Part):
    key: TaskKey
    until: AwareDatetime


class TaskLine(Stamped):
    type: Literal["task"]
    id: UUID
    team: UUID
    number: Annotated[int, Field(ge=1, le=HIGHEST)]
    title: Title
    description: Description | None
    status: Annotated[str, AfterValidator(_named(TaskStatus))]
    priority: Priority
    estimate: Annotated[float, Field(ge=0, le=LARGEST_ESTIMATE)] | None
    due_date: Annotated[date, Field(ge=FIRST_DAY, le=LAST_DAY)] | None
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS), AfterValidator(_once)]
    assignee: UUID | None
    creator: UUID | None
    completed_at: AwareDatetime | None
    version: Version
    former_keys: list[FormerTaskKey]

    @model_validator(mode="after")
    def _completed_when_done(self) -> Self:
        if (self.status == TaskStatus.DONE.name) != (self.completed_at is not None):
            raise ValueError("completed_at says when a task was DONE, and of no other")
        return self


class DocumentLine(Stamped):
    type: Literal["document"]
    id: UUID
    team: UUID | None
    title: Title
    kind: Annotated[str, AfterValidator(_named(DocumentKind))]
    source: Annotated[str, Field(min_length=1, max_length=LONGEST_SOURCE), NoNul, _spelled(LONGEST_SOURCE)] | None
    creator: UUID | None
    version: Version
    text: Annotated[str, NoNul, AfterValidator(_small)]


class EventLine(BaseModel):
    """The history of an organization stays where it was: an import reads past it."""

    type: Literal["event"]


Line: TypeAlias = (
    OrganizationLine | MemberLine | FormerMemberLine | TeamLine | TeamMemberLine | TaskLine | DocumentLine | EventLine
)
LINE: TypeAdapter[Line] = TypeAdapter(Annotated[Line, Field(discriminator="type")])
