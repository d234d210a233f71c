"""The secret that signs development tokens: made once per data directory, and refused in production."""

import os
from pathlib import Path
from secrets import token_hex

from app.refusal import Refusal

MARK = "0dec0de0"  # by its first letters a development secret is known wherever it has been copied to


class NoDevelopmentSecret(Refusal):
    """`trellis dev` has not run over this directory."""


def make_development_secret(directory: Path) -> str:
    """The secret of this data directory, made the first time: 64 hexadecimal digits that only this user can read."""
    path = directory / "secret"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        unfinished = directory / "secret.unfinished"
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(MARK + token_hex(28))
        unfinished.rename(path)
    return read_development_secret(directory)


def read_development_secret(directory: Path) -> str:
    """The secret of this data directory; raises NoDevelopmentSecret where none has been made."""
    try:
        return (directory / "secret").read_text()
    except FileNotFoundError as error:
        raise NoDevelopmentSecret(
            f"There is no secret in {directory}: run `trellis dev` first, name its directory with --data, or set "
            "TRELLIS_JWT_SECRET"
        ) from error
    except OSError as error:
        raise NoDevelopmentSecret(
            f"{directory / 'secret'} cannot be read ({error.strerror}): be the user who ran `trellis dev`, or set "
            "TRELLIS_JWT_SECRET"
        ) from error


def is_development_secret(secret: str) -> bool:
    return secret.startswith(MARK)
