"""How much each caller may ask for, whatever one request may: an operator's limits, which no tenant can raise."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

KEYS_A_SHARE = 2  # API keys that an organization can use up at once, where nothing else is said


class CallerLimits(BaseSettings):
    """Of a person, an API key, an organization, an address."""

    model_config = SettingsConfigDict(env_prefix="TRELLIS_", frozen=True, extra="ignore")

    max_in_flight: int = Field(
        default=20,
        ge=1,
        description="Requests of one person, of the API keys of one organization, or of one address that a process has "
        "under way at once: each takes memory, and half of the pool's connections serve them all. At most ten times "
        "TRELLIS_POOL_SIZE.",
    )
    rate_limit: int = Field(
        default=2_000,
        ge=1,
        description="Points that a person may take a minute: a query takes one for 100 objects of lists that it loads, "
        "and at least one, a mutation or a search at least 5. What a large delete takes beyond that is half of them at "
        "most, so that it can be undone in the same minute.",
    )
    rate_limit_per_key: int | None = Field(
        default=None,
        ge=1,
        description="Points that an API key may take a minute, and the most that it may be given; as many as a person "
        "where it is not set.",
    )
    rate_limit_per_organization: int | None = Field(
        default=None,
        ge=1,
        description="Points that all API keys of an organization may take a minute together; those of two keys where "
        "it is not set. Of the people in it each has their own.",
    )
    rate_limit_anonymous: int = Field(
        default=60, ge=1, description="Requests a minute of one address (IPv6: one /64) without a token."
    )
    rate_limit_failures: int = Field(
        default=10, ge=1, description="Sign-ins of one address that may fail in a minute: those after that get a 429."
    )
    max_organizations: int = Field(
        default=10,
        ge=0,
        description="Organizations that a person may own when they make another, those in the trash included: each has "
        "points of its own. With 0 nobody makes any, and `trellis import` does.",
    )

    @property
    def points_per_key(self) -> int:
        return self.rate_limit_per_key or self.rate_limit

    @property
    def points_per_organization(self) -> int:
        return self.rate_limit_per_organization or KEYS_A_SHARE * self.points_per_key
