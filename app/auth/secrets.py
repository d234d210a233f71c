"""Secrets as they are written, `trl_<id>_<secret>` for API keys, `tri_…` and `tre_…` in links, and their hashes."""

import re
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from secrets import token_hex
from uuid import UUID

BEGINNING = "trl_"  # API keys: told from a JWT, which begins with `ey`, and found by what looks for secrets in code
INVITATION = "tri_"  # the beginning of what an invitation's link ends with
EXPORT = "tre_"  # the beginning of what the link to an export ends with
SECRET_BYTES = 20  # 160 bits
FORM = re.compile(r"([0-9a-f]{32})_[0-9a-f]{40}")


class InvalidKey(Exception):
    """The text is no such secret; the error never holds a part of it."""


@dataclass(frozen=True, slots=True)
class PresentedKey:
    """What a caller came with, without the secret itself: nothing that prints it can tell it."""

    id: UUID
    secret_hash: bytes

    def is_one_of(self, *kept: bytes | None) -> bool:
        """Whether its secret is one of those whose hashes were kept; each is compared in constant time."""
        return any(compare_digest(self.secret_hash, one) for one in kept if one is not None)


def prefix_of(key_id: UUID, beginning: str = BEGINNING) -> str:
    """What the key begins with, everything before its secret."""
    return f"{beginning}{key_id.hex}_"


def new_key(key_id: UUID, beginning: str = BEGINNING) -> str:
    """The key with a new secret, to be shown once."""
    return prefix_of(key_id, beginning) + token_hex(SECRET_BYTES)


def hash_of(key: str) -> bytes:
    """What is kept of a key.

    One round of SHA-256 is enough for 160 random bits: what makes a password's hash slow guards against guessing, and
    nobody guesses these. A slow one would cost every server some tenths of a second for whatever strangers send.
    """
    return sha256(key.encode()).digest()


def presented(text: str, beginning: str = BEGINNING) -> PresentedKey:
    """The key that the text is; raises InvalidKey."""
    found = FORM.fullmatch(text.removeprefix(beginning)) if text.startswith(beginning) else None
    if found is None:
        raise InvalidKey
    return PresentedKey(UUID(found[1]), hash_of(text))
