"""Settings: each variable of the environment, its default, and the reason for it."""

import json
import re
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, IPvAnyNetwork, RedisDsn, SecretStr, model_validator
from pydantic_settings import NoDecode

from app.caller_limits import CallerLimits
from app.metrics_settings import MetricsSettings
from app.time_limits import LONGEST_EMBEDDING, TimeLimits
from app.token_settings import TokenSettings

DATA_DIRECTORY = Path(".trellis")
IN_FLIGHT_PER_CONNECTION = 10  # requests of one caller: more of them would only wait until they are refused


def _from_json(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ValueError('a list is written as JSON, as in ["this", "that"]') from error


def _from_commas(value: object) -> object:
    if isinstance(value, str) and not value.lstrip().startswith(("[", "{")):
        return [part.strip() for part in value.split(",") if part.strip()]
    return _from_json(value)


def _origin(value: str) -> str:
    if value != "*" and not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^/\sA-Z]+", value):
        raise ValueError("an origin is a scheme and a host in lower case and no path, as in https://app.example.com")
    return value


def _page(value: str) -> str:
    if not re.fullmatch(r"https?://[^/\s#]+/?[^\s#\"\\]*", value):
        raise ValueError("a page is an address without a #, as in https://app.example.com/invitation")
    return value


Item = TypeVar("Item")
# Decoded here, because an error of the library's own decoding names no variable.
Listed = Annotated[list[Item], NoDecode, BeforeValidator(_from_json)]
ListedByCommas = Annotated[list[Item], NoDecode, BeforeValidator(_from_commas)]


def _postgresql(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:  # half an IPv6 address
        parts = urlsplit("")
    if url and (parts.scheme not in {"postgresql", "postgres"} or not parts.username):
        raise ValueError("must look like postgresql://role:password@host/database")
    return url


DatabaseUrl = Annotated[str, AfterValidator(_postgresql)]


class Limits(TimeLimits):
    """What one request may ask for. What passes them all cannot keep the server from the requests of others."""

    max_body: int = Field(
        default=256 * 1024,
        ge=1,
        description="Bytes of a body: it is held in memory as a whole, and parsing a hostile one takes 40 µs a KiB.",
    )
    max_body_with_texts: int = Field(
        default=4 * 1024 * 1024,
        ge=1,
        description="Bytes of a body of whoever is signed in, at most `max_body` of them beside its strings, which "
        "cost nothing: a document of 1 MiB comes in one, escaped.",
    )
    max_source: int = Field(
        default=15_000, ge=1, description="Characters of a document: reading one takes time and memory with its length."
    )
    max_tokens: int = Field(
        default=1_000, ge=1, description="Tokens of a document, comments aside: validating takes some 50 µs for each."
    )
    max_comments: int = Field(default=100, ge=0, description="Comments in a document: they are read and kept too.")
    max_operations: int = Field(
        default=10, ge=1, description="Operations in a document: all are validated, one is run."
    )
    max_fragments: int = Field(
        default=50, ge=0, description="Fragments in a document: validation compares each with each."
    )
    max_variables: int = Field(default=100, ge=0, description="Variables of one operation.")
    max_values: int = Field(
        default=2_500,
        ge=1,
        description="Values in the variables, counted as often as the operation uses them: each use takes 20 µs.",
    )
    max_depth: int = Field(
        default=10,
        ge=1,
        description="Objects inside objects, through fragments: `edges`, `node` and `nodes` are none of their own.",
    )
    max_aliases: int = Field(
        default=30, ge=0, description="Aliases, through fragments: they make one document run a field many times."
    )
    max_root_fields: int = Field(
        default=20, ge=1, description="Fields of an operation itself: each may be a statement, or a write."
    )
    max_same_fields: int = Field(
        default=20, ge=1, description="Fields under one name of one object: validation compares each with each."
    )
    max_directives: int = Field(
        default=50, ge=0, description="Directives, through fragments: each is looked at whenever fields are collected."
    )
    max_errors: int = Field(
        default=20, ge=1, description="Errors in an answer: one mistake in a long list would be told a thousand times."
    )
    max_answer: int = Field(
        default=32 * 1024 * 1024,
        ge=1,
        description="Bytes of an answer: it is in memory until it is read, and 100 descriptions can be 6 MiB.",
    )
    max_requested: int = Field(
        default=500_000,
        ge=1,
        description="Objects that the lists of a request could hold by `first` or `last`, however few are there.",
    )
    max_loaded: int = Field(
        default=10_000,
        ge=1,
        description="Objects that the lists of a request do hold: each takes some 10 µs and 2 KB.",
    )


class Settings(Limits, CallerLimits, TokenSettings, MetricsSettings):
    """What a server is told from outside: `TRELLIS_DATABASE_URL` sets `database_url`, and so on."""

    database_url: DatabaseUrl | None = Field(
        default=None,
        description="Where the server finds PostgreSQL, as the role that owns nothing: "
        "postgresql://trellis:…@host/trellis",
    )
    database_owner_url: DatabaseUrl | None = Field(
        default=None,
        description="The same database as the role that owns the tables, for `trellis migrate`, `embed` and `dev`; "
        "`serve` has no use for it.",
    )
    pool_size: int = Field(
        default=10,
        ge=1,
        le=200,
        description="Database connections of one process: an operation holds one for its whole time. One person, API "
        "key or address has half of them at most; where several wait they take turns.",
    )
    retention_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="Days that what is deleted can be restored, where neither its team nor its organization says; "
        "after that it is purged. Applies to later deletions.",
    )
    invitation_url: Annotated[str, AfterValidator(_page)] | None = Field(
        default=None,
        description="The page of your front end that takes invitations: links to it end with `#` and a secret, with "
        "which the page calls `acceptInvitation`.",
    )
    documents: Literal["any", "persisted", "trusted"] = Field(
        default="any",
        description="Which documents are run: `any`, those sent with their SHA-256 (`persisted`), or only those of the "
        "manifests (`trusted`), so that nobody can ask what the front ends do not.",
    )
    manifests: Listed[Path] = Field(
        default=[],
        description="Files that list documents by id, as Apollo's and Relay's tools write them: [\"web.json\"].",
    )
    redis_url: RedisDsn | None = Field(
        default=None,
        description="Where processes count rate limits together, as in redis://:password@host:6379/0; without it each "
        "counts for itself.",
    )
    trusted_proxies: Listed[IPvAnyNetwork] = Field(
        default=[],
        description='The networks of the proxies in front, as in ["10.0.0.0/8"]: their `X-Forwarded-For` says whom a '
        "request comes from, and nobody else's does.",
    )
    embedder: str = Field(
        default="wordllama",
        description="The model that `trellis embed --switch` makes the active one: wordllama, minilm, or openai:NAME "
        "for the model NAME behind an API like OpenAI's.",
    )
    embedder_url: str = Field(default="https://api.openai.com/v1", description="Where openai: models are asked.")
    embedder_key: SecretStr | None = Field(default=None, description="What they ask for, if anything.")
    embedder_timeout: float = Field(
        default=10.0,
        gt=0,
        le=LONGEST_EMBEDDING,
        description="Seconds for one of their answers, to the last byte; a batch is tried three times.",
    )
    model_directory: Path = Field(
        default=DATA_DIRECTORY / "models", description="Where models are kept that have to be built once: minilm."
    )
    introspection: bool = Field(
        default=True, description="Whether clients may read the schema; `serve` turns it off unless it is set."
    )
    playground: bool = Field(
        default=False,
        description="Whether browsers get GraphiQL at /graphql, which also needs TRELLIS_INTROSPECTION to show the "
        "schema; `dev` turns both on.",
    )
    cors_origins: ListedByCommas[Annotated[str, AfterValidator(_origin)]] = Field(
        default=[],
        description="The sites whose pages may read answers, as in https://app.example.com,https://b.example.com or as "
        "a JSON list; without cookies. `dev` adds those of this machine.",
    )
    debug: bool = Field(
        default=False,
        description="Whether a request may ask what it cost, by `X-Trellis-Debug: 1`; `dev` turns it on.",
    )

    @model_validator(mode="after")
    def _trusts_something(self) -> Self:
        if self.documents == "trusted" and not self.manifests:
            raise ValueError("TRELLIS_DOCUMENTS=trusted runs only what a manifest lists: name one in TRELLIS_MANIFESTS")
        return self

    @model_validator(mode="after")
    def _those_in_flight_are_served(self) -> Self:
        most = IN_FLIGHT_PER_CONNECTION * self.pool_size
        if self.max_in_flight > most and "max_in_flight" in self.model_fields_set:
            raise ValueError(f"TRELLIS_MAX_IN_FLIGHT must be {most} at most with TRELLIS_POOL_SIZE={self.pool_size}")
        return self
