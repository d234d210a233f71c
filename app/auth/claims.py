"""What the claims of a rightly signed token say of its bearer, made fit to be stored."""

import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import Any

from app.auth.email import InvalidEmail, parse_email
from app.spelling import shows_nothing

LONGEST_SUBJECT = 255  # OpenID Connect Core §2
LONGEST_NAME = 100


class InvalidToken(Exception):
    """The token proves nothing; the text may be shown to the caller and never holds a part of the token."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says of its bearer: `email` and `name` are fit to be stored, `expires_at` is Unix seconds.

    Where there is no `email`, `lacks_email` says why, as in "it has no claim `email`".
    """

    subject: str
    email: str | None
    name: str | None
    email_verified: bool
    expires_at: float
    issued_at: datetime | None = field(default=None, compare=False)
    email_claim: str = field(default="email", compare=False)
    lacks_email: str | None = field(default=None, compare=False)


def claims_of(payload: dict[str, Any], email_claim: str, verified_claim: str, name_claim: str) -> Claims:
    """What the token says, under these names of its claims. Raises InvalidToken for a `sub` or `exp` that is none."""
    email, lacks_email = _email(payload, email_claim)
    verified = payload.get(verified_claim)
    return Claims(
        subject=_subject(payload["sub"]),
        email=email,
        name=_name(payload.get(name_claim)),
        email_verified=email is not None and (verified is True or verified == "true"),  # a string from Apple
        expires_at=_seconds(payload["exp"]),
        issued_at=_moment(payload.get("iat")),
        email_claim=email_claim,
        lacks_email=lacks_email,
    )


def _subject(value: str) -> str:
    # The subject is the person: a cut or cleaned one could be somebody else, so a strange one is refused.
    if not (0 < len(value) <= LONGEST_SUBJECT and value.isprintable()):
        raise InvalidToken(f"The claim `sub` must have 1 to {LONGEST_SUBJECT} printable characters.")
    return value


def _email(payload: dict[str, Any], claim: str) -> tuple[str | None, str | None]:
    """The address, or why there is none: a cut or cleaned one could be somebody else's."""
    value = payload.get(claim)
    if value is None:
        return None, f"it has no claim `{claim}`"
    try:
        return parse_email(value if isinstance(value, str) else ""), None
    except InvalidEmail as error:
        return None, f"its claim `{claim}` cannot be used ({error})"


def _name(value: object) -> str | None:
    # A name is only shown, so it is made fit: NUL and lone surrogates, which PostgreSQL refuses, go with the other
    # control characters, and the rest is cut.
    if not isinstance(value, str):
        return None
    kept = "".join(letter for letter in " ".join(value.split()) if unicodedata.category(letter) not in ("Cc", "Cs"))
    name = kept[:LONGEST_NAME].strip()
    return None if shows_nothing(name) else name


def _seconds(value: object) -> float:
    try:
        seconds = float(value) if isinstance(value, int | float) else float("nan")
    except OverflowError:
        seconds = float("nan")
    if not isfinite(seconds):
        raise InvalidToken("The claim `exp` must be a number of seconds.")
    return seconds


def _moment(value: object) -> datetime | None:
    """When the token was issued; PyJWT has seen that it is a number of seconds until now, where it is there."""
    return None if value is None else datetime.fromtimestamp(_seconds(value), UTC)
