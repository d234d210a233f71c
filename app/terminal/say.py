"""What commands print: what files and databases hold cannot turn it around."""

import typer

from app.spelling import escaped


def say(text: str, *, err: bool = False) -> None:
    """Prints `text` and ends the line, on standard error where that is asked for."""
    typer.echo(escaped(text), err=err)
