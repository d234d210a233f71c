"""Settings of who is believed about who is calling: the keys and the claims of bearer tokens."""

from typing import Self

from pydantic import BaseModel, Field, SecretStr, model_validator

# RFC 7518 §3.2: an HS256 key must be at least as long as the hash.
SHORTEST_SECRET = 32


class TokenSettings(BaseModel):
    """How tokens are checked, and what is read of them."""

    jwt_secret: SecretStr | None = Field(
        default=None,
        description="Signs and checks HS256 tokens; at least 32 bytes. Set this or TRELLIS_JWKS_URL.",
    )
    jwks_url: str | None = Field(
        default=None,
        description="Where the keys of RS256, ES256 and EdDSA (or Ed25519) tokens are published: https, or http on "
        "loopback.",
    )
    jwt_issuer: str = Field(default="trellis", description="What `iss` must say.")
    jwt_audience: str = Field(default="trellis", description="What `aud` must contain.")
    jwt_email_claim: str = Field(
        default="email",
        description="The claim with the e-mail address; never one that people can write themselves, such as Supabase's "
        "`user_metadata`.",
    )
    jwt_verified_claim: str = Field(
        default="email_verified",
        description="The claim that says, by `true`, that the address is theirs: only then is it taken over, and "
        "invitations to it are theirs.",
    )
    jwt_name_claim: str = Field(default="name", description="The claim with what people call them.")

    @model_validator(mode="after")
    def _secret_is_long_enough(self) -> Self:
        secret = self.jwt_secret
        if secret is not None and len(secret.get_secret_value().encode()) < SHORTEST_SECRET:
            raise ValueError(f"TRELLIS_JWT_SECRET needs at least {SHORTEST_SECRET} bytes: try `openssl rand -hex 32`")
        return self
