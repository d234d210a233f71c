"""Settings: each variable of the environment, its default, and the reason for it."""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

# RFC 7518 §3.2: an HS256 key must be at least as long as the hash.
SHORTEST_SECRET = 32


class Settings(BaseSettings):
    """What a server is told from outside: `TRELLIS_DATABASE_URL` sets `database_url`, and so on."""

    model_config = SettingsConfigDict(env_prefix="TRELLIS_", frozen=True, extra="ignore")

    database_url: str | None = Field(
        default=None,
        description="Where the server finds PostgreSQL, as the role that owns nothing: postgresql://trellis:…@host/trellis",
    )
    database_owner_url: str | None = Field(
        default=None,
        description="The same database as the role that owns the tables; only `trellis migrate` uses it.",
    )
    jwt_secret: SecretStr | None = Field(
        default=None,
        description="Signs and checks HS256 tokens; at least 32 bytes. Set this or TRELLIS_JWKS_URL.",
    )
    jwks_url: str | None = Field(
        default=None,
        description="Where the keys of RS256, ES256 and EdDSA tokens are published: https, or http on loopback.",
    )
    jwt_issuer: str = Field(default="trellis", description="What `iss` must say.")
    jwt_audience: str = Field(default="trellis", description="What `aud` must contain.")
    pool_size: int = Field(
        default=10,
        ge=1,
        le=200,
        description="Database connections of one process: an operation holds one for its whole time.",
    )
    pool_timeout: float = Field(
        default=2.0,
        gt=0,
        description="Seconds an operation waits for a connection before it is told to come back (503).",
    )
    statement_timeout: float = Field(
        default=5.0, gt=0, description="Seconds one SQL statement may take: a slow one must not hold a connection."
    )
    lock_timeout: float = Field(default=2.0, gt=0, description="Seconds a statement waits for a lock.")
    retention_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="Days that what is deleted can be restored; after that it is purged. Applies to later deletions.",
    )
    introspection: bool = Field(
        default=True, description="Whether clients may read the schema; `serve` turns it off unless it is set."
    )
    playground: bool = Field(default=False, description="Whether browsers get GraphiQL at /graphql; `dev` turns it on.")

    @model_validator(mode="after")
    def _secret_is_long_enough(self) -> Self:
        secret = self.jwt_secret
        if secret is not None and len(secret.get_secret_value().encode()) < SHORTEST_SECRET:
            raise ValueError(f"TRELLIS_JWT_SECRET needs at least {SHORTEST_SECRET} bytes: try `openssl rand -hex 32`")
        return self


DATA_DIRECTORY = Path(".trellis")
