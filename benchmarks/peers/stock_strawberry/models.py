"""The tables for SQLAlchemy's ORM: only the columns that the schema shows, which is less work than all of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Model(DeclarativeBase):
    pass


class Owned(Model):
    """A row of an organization, which is the first part of its key."""

    __abstract__ = True

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), deferred=True)


class Organization(Model):
    __tablename__ = "organizations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    slug: Mapped[str]
    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), deferred=True)


class User(Model):
    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]


class OrganizationMember(Owned):
    __tablename__ = "organization_members"

    user_id: Mapped[UUID]


class Team(Owned):
    __tablename__ = "teams"

    key: Mapped[str]
    name: Mapped[str]


class TeamMember(Owned):
    __tablename__ = "team_members"

    team_id: Mapped[UUID]
    organization_member_id: Mapped[UUID]


class Task(Owned):
    __tablename__ = "tasks"

    team_id: Mapped[UUID]
    assignee_id: Mapped[UUID | None]
    number: Mapped[int]
    title: Mapped[str]
    status: Mapped[str]
    priority: Mapped[str]
