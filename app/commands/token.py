"""`trellis token`: a bearer token for development, and nothing else on standard output."""

import re
from datetime import timedelta
from typing import Annotated

import typer

from app.auth.development import read_development_secret
from app.auth.email import InvalidEmail, parse_email
from app.auth.tokens import sign
from app.config import DATA_DIRECTORY
from app.terminal.environment import read_settings
from app.terminal.options import DataOption

UNITS = {"": "seconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(text: str) -> timedelta:
    """`90`, `90s`, `15m`, `12h` or `30d`; a number alone is seconds."""
    match = re.fullmatch(r"([0-9]{1,8})([smhd]?)", text)
    if match is None or int(match[1]) == 0:
        raise typer.BadParameter(f"{text!r} is no duration: write 90s, 15m, 12h or 30d")
    return timedelta(**{UNITS[match[2]]: int(match[1])})


def token(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Whom the token is for.")],
    ttl: Annotated[str, typer.Option(metavar="TIME", help="How long it lasts: 90s, 15m, 12h or 30d.")] = "30d",
    data: DataOption = DATA_DIRECTORY,
) -> None:
    """Print a bearer token for development. The first request with it makes the user."""
    lifetime = parse_duration(ttl)
    try:
        email = parse_email(email)
    except InvalidEmail as error:
        raise typer.BadParameter(str(error)) from error
    settings = read_settings()
    if settings.jwt_secret is None:
        settings = read_settings(jwt_secret=read_development_secret(data))
    typer.echo(sign(settings, subject=email, email=email, name=None, ttl=lifetime))
