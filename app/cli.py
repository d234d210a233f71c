"""The `trellis` command: its verbs, and how an error reaches the person who can mend it."""

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer

from app.postgres.home import pass_by_closed_home
from app.refusal import Refusal
from app.spelling import escaped

# Each is a function in a module of its name, in the order in which `trellis --help` shows them.
VERBS = (
    *("dev", "serve", "migrate", "import_", "export", "demo", "embed", "doctor"),
    *("purge", "appoint", "erase", "token", "schema"),
)


INTERRUPTED = 130  # as shells have it


def commands(wanted: str) -> typer.Typer:
    """The verb that is `wanted`, or where there is none of that name, all of them.

    The others are left where they are: whoever wants a token need not wait a second for the GraphQL schema.
    """
    # Tracebacks stay plain: Typer's own show the values of variables, and so passwords and tokens.
    trellis = typer.Typer(
        name="trellis",
        help="Trellis: a GraphQL API server for teams' work.",
        callback=_trellis,
        no_args_is_help=True,
        rich_markup_mode="markdown",  # joins the lines of a docstring, which are broken for editors
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    names = {verb.rstrip("_"): verb for verb in VERBS}
    for name in [wanted] if wanted in names else names:
        verb = names[name]
        trellis.command(name)(getattr(import_module(f"app.commands.{verb}"), verb))
    return trellis


def _show_version(shown: bool) -> None:
    if shown:
        typer.echo(f"trellis {version('trellis-server')}")
        raise typer.Exit


def _trellis(
    version: Annotated[  # its callback answers
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Its presence makes Typer ask for a verb where there is only one."""


def main() -> None:
    """What `trellis` runs: of an error that a person can mend it shows the text, of any other where it arose."""
    pass_by_closed_home()
    try:
        commands("".join(sys.argv[1:2]))()
    except Refusal as refusal:
        typer.echo(escaped(str(refusal)), err=True)
        sys.exit(refusal.exit_code)
    except KeyboardInterrupt:  # while its modules are loaded: a verb that runs says so itself
        sys.exit(INTERRUPTED)
