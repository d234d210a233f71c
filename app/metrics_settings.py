"""Where a server tells what it counts, and whom; nowhere unless that is set."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class MetricsSettings(BaseSettings):
    """They are off unless there is a port or a token for them."""

    model_config = SettingsConfigDict(env_prefix="TRELLIS_", frozen=True, extra="ignore")

    metrics_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="A port of its own for `/metrics`, which answers nothing else and is answered nowhere else.",
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        description="The address of that port: where Prometheus is on another machine, one that only it can reach.",
    )
    metrics_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="What a scrape has to send, as `Authorization: Bearer …`. With it and without a port of its own, "
        "`/metrics` is answered beside `/graphql`.",
    )

    @property
    def tells_metrics(self) -> bool:
        return self.metrics_port is not None or self.metrics_token is not None
