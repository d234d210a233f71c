"""The `trellis` command: its verbs, and how an error reaches the person who can mend it."""

import sys

import typer

from app.commands.demo import demo
from app.commands.dev import dev
from app.commands.doctor import doctor
from app.commands.embed import embed
from app.commands.import_ import import_
from app.commands.migrate import migrate
from app.commands.purge import purge
from app.commands.schema import schema
from app.commands.serve import serve
from app.commands.token import token
from app.refusal import Refusal

# Tracebacks stay plain: Typer's own show the values of variables, and so passwords and tokens.
commands = typer.Typer(
    name="trellis",
    help="Trellis: a GraphQL API server for teams' work.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (dev, serve, migrate, import_, demo, embed, doctor, purge, token, schema):
    commands.command(command.__name__.rstrip("_"))(command)


def main() -> None:
    """What `trellis` runs: of an error that a person can mend it shows the text, of any other where it arose."""
    try:
        commands()
    except Refusal as refusal:
        typer.echo(str(refusal), err=True)
        sys.exit(refusal.exit_code)
