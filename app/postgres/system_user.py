"""The user of the operating system as whom our PostgreSQL runs: ourselves, or one of its own where we are root."""

import os
import pwd
import stat
import subprocess
from functools import cache
from pathlib import Path
from typing import TypedDict

from app.refusal import Refusal

NAME = "trellis-postgres"


class SystemUserMissing(Refusal):
    """PostgreSQL refuses to run as root, and no other user could be made."""


class Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@cache
def identity() -> Identity:
    """What `subprocess` must be told to run a program as that user: nothing unless we are root."""
    if os.geteuid() != 0:
        return {}
    user = _find() or _make()
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def make_private(directory: Path) -> None:
    """Makes a directory that this user alone may enter."""
    directory.mkdir(mode=0o700)
    give(directory)


def give(directory: Path) -> None:
    if user := identity():
        os.chown(directory, user["user"], user["group"])


def open_the_way(path: Path) -> None:
    """Where we are root, lets the user pass through the folders above `path`, such as /root.

    Passing is not reading: the lists of their contents stay closed. The cost accepted is that every user of the machine
    may pass too, and read what is readable by all inside; who minds keeps the data elsewhere or does not run as root.
    """
    if not identity():
        return
    for folder in path.parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _find() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return None


def _make() -> pwd.struct_passwd:
    try:
        subprocess.run(  # noqa: S603  # nothing in it comes from outside
            ["/usr/sbin/useradd", "--system", "--user-group", "--no-create-home", "--shell=/usr/sbin/nologin", NAME],
            check=True,
            capture_output=True,
        )
        return pwd.getpwnam(NAME)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        raise SystemUserMissing(
            f"PostgreSQL does not run as root and the user {NAME} could not be made: "
            "make a system user of that name, or run trellis as another user than root"
        ) from error
