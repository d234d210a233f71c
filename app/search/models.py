"""What search reads: texts as lexemes, embeddings by model, and the queue of what has still to be embedded."""

from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from pgvector.sqlalchemy import VECTOR
from sqlalchemy import (
    CheckConstraint,
    Computed,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    SmallInteger,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field, SQLModel

TEXT = ["search_texts.organization_id", "search_texts.kind", "search_texts.subject_id"]
LARGEST_DIMENSION = 2_000  # of what pgvector's HNSW can hold


class ModelState(Enum):
    """Models go through these in their order: one is being filled, is complete, is what searches read, is leaving."""

    BUILDING = "building"
    READY = "ready"
    ACTIVE = "active"
    RETIRING = "retiring"


class SearchText(SQLModel, table=True):
    """What full text reads of a task or a chunk. It is not in their own tables so that those stay small, and deletes
    write nothing here: who searches joins the live rows.

    `content_hash` is of the text itself. `task_id` and `chunk_id` are there for their foreign keys, by which a text
    goes with what it is of.
    """

    __tablename__ = "search_texts"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "task_id"], ["tasks.organization_id", "tasks.id"], ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["organization_id", "chunk_id"],
            ["document_chunks.organization_id", "document_chunks.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("kind IN ('TASK', 'CHUNK')", name="kind_known"),
        Index("ix_search_texts_task", "organization_id", "task_id", postgresql_where=text("task_id IS NOT NULL")),
        Index("ix_search_texts_chunk", "organization_id", "chunk_id", postgresql_where=text("chunk_id IS NOT NULL")),
        Index(
            "ix_search_texts_terms",
            text("trellis_terms(organization_id, kind, tsvector_to_array(content))"),
            postgresql_using="gin",
            postgresql_with={"gin_pending_list_limit": 128},
        ),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    kind: str = Field(primary_key=True)
    subject_id: UUID = Field(primary_key=True, sa_type=Uuid)
    content: str = Field(sa_type=TSVECTOR)
    content_hash: bytes = Field(sa_type=LargeBinary)
    task_id: UUID | None = Field(
        sa_type=Uuid, sa_column_args=[Computed("CASE kind WHEN 'TASK' THEN subject_id END", persisted=True)]
    )
    chunk_id: UUID | None = Field(
        sa_type=Uuid, sa_column_args=[Computed("CASE kind WHEN 'CHUNK' THEN subject_id END", persisted=True)]
    )


class EmbeddingModel(SQLModel, table=True):
    """A model that texts are embedded by: `name` is what TRELLIS_EMBEDDER calls it. Written by `trellis embed`, as the
    owner of the tables, since each has indexes of its own. `floor` is NULL until it has been measured."""

    __tablename__ = "embedding_models"
    __table_args__ = (
        CheckConstraint("char_length(name) BETWEEN 1 AND 200", name="name_length"),
        CheckConstraint(f"dimension BETWEEN 1 AND {LARGEST_DIMENSION}", name="dimension_indexable"),
        CheckConstraint("state IN ('building', 'ready', 'active', 'retiring')", name="state_known"),
        CheckConstraint("floor BETWEEN -1 AND 1", name="floor_is_similarity"),
        Index("uq_embedding_models_name", "name", unique=True),
        Index("uq_embedding_models_active", "state", unique=True, postgresql_where=text("state = 'active'")),
    )

    id: int = Field(primary_key=True, sa_type=SmallInteger, sa_column_kwargs={"autoincrement": False})
    name: str
    dimension: int
    state: str
    floor: float | None = None


class Embedding(SQLModel, table=True):
    """A text as one model has it, of unit length; of the text that has this hash, which may be older than the newest.

    The column has no dimension, so that a model takes the place of another under traffic. Each model has an index for
    each kind, on the column cast to the model's dimension (app/indexing/switch.py): Alembic leaves them alone.
    """

    __tablename__ = "embeddings"
    __table_args__ = (ForeignKeyConstraint(["organization_id", "kind", "subject_id"], TEXT, ondelete="CASCADE"),)

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    kind: str = Field(primary_key=True)
    subject_id: UUID = Field(primary_key=True, sa_type=Uuid)
    model_id: int = Field(primary_key=True, sa_type=SmallInteger)
    content_hash: bytes = Field(sa_type=LargeBinary)
    embedding: Any = Field(sa_type=VECTOR, sa_column_kwargs={"nullable": False})


class EmbeddingJob(SQLModel, table=True):
    """A text that has to be embedded. Whoever takes it moves `due_at` on by as long as they may take; who changes the
    text moves it back, and by that they see that what they embedded is not the newest.

    `attempts` counts how often it was taken and not embedded, through its own fault or with the end of whoever took it.
    Searches have lacked the text as it is for as long as it is `waiting_since`; NULL where it waits only for a model
    that no search reads yet. Where it is parked without an error it has no words: there is nothing to embed.
    """

    __tablename__ = "embedding_jobs"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id", "kind", "subject_id"], TEXT, ondelete="CASCADE"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        Index("ix_embedding_jobs_due", "organization_id", "due_at", postgresql_where=text("parked_at IS NULL")),
        Index(
            "ix_embedding_jobs_parked", "organization_id", "parked_at", postgresql_where=text("parked_at IS NOT NULL")
        ),
        Index("ix_embedding_jobs_waiting", "waiting_since", postgresql_where=text("parked_at IS NULL")),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    kind: str = Field(primary_key=True)
    subject_id: UUID = Field(primary_key=True, sa_type=Uuid)
    attempts: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": text("0")})
    due_at: datetime = Field(sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": func.now()})
    waiting_since: datetime | None = Field(
        sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": func.now()}
    )
    error: str | None = None
    parked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class SearchWord(SQLModel, table=True):
    """In how many texts of an organization a lexeme is: what makes a word of a query weigh more or less."""

    __tablename__ = "search_words"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="CASCADE"),
        CheckConstraint("documents > 0", name="documents_positive"),
        Index(
            "ix_search_words_trigrams",
            text("trellis_trigrams(organization_id, kind, lexeme)"),
            postgresql_using="gin",
            postgresql_where=text(r"lexeme ~ '^\D{3,30}$'"),
            postgresql_with={"fastupdate": "off"},
        ),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    kind: str = Field(primary_key=True)
    lexeme: str = Field(primary_key=True)
    documents: int


class SearchWordTotal(SQLModel, table=True):
    """How many texts there were when the words of an organization were last counted, and have changed since. They are
    not counted again before `due_at`: somebody is at it, or it failed.

    After `reread_after` texts have the words that were read of them before words were found in another way; NULL where
    none has.
    """

    __tablename__ = "search_word_totals"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["organizations.id"], ondelete="CASCADE"),
        CheckConstraint("texts >= 0 AND changed >= 0", name="not_negative"),
        Index(
            "ix_search_word_totals_due",
            "organization_id",
            postgresql_where=text("changed > 0 AND changed * 10 >= texts"),
        ),
        Index("ix_search_word_totals_unread", "organization_id", postgresql_where=text("reread_after IS NOT NULL")),
    )

    organization_id: UUID = Field(primary_key=True, sa_type=Uuid)
    kind: str = Field(primary_key=True)
    texts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    changed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    due_at: datetime = Field(sa_type=DateTime(timezone=True), sa_column_kwargs={"server_default": func.now()})
    reread_after: UUID | None = Field(default=None, sa_type=Uuid)
