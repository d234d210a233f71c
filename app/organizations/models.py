"""Organizations: the tenants."""

from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Uuid, text
from sqlmodel import Field

from app.db.columns import Deletable, new_id

LONGEST_NAME = 100
LONGEST_SLUG = 50


class Organization(Deletable, table=True):
    """A tenant; its own id is the `organization_id` of everything in it."""

    computed: ClassVar = {"organization_id": UUID}

    __tablename__ = "organizations"
    __table_args__ = (
        CheckConstraint(f"char_length(name) BETWEEN 1 AND {LONGEST_NAME}", name="name_length"),
        CheckConstraint(f"slug ~ '^[a-z0-9-]{{2,{LONGEST_SLUG}}}$'", name="slug_form"),
        CheckConstraint("version > 0", name="version_positive"),
        Index(
            "uq_organizations_slug",
            "slug",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
            info={"taken": "Another organization has its slug by now: it can come back when that one has another."},
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True, sa_type=Uuid)
    name: str
    slug: str
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
