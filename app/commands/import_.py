"""`trellis import`: tasks from a file, documents from a folder, or an organization that was exported."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from app.commands.take_back import import_export
from app.config import DATA_DIRECTORY
from app.export_files.read import is_export
from app.importer.check import Unfit, check_email, check_name
from app.importer.documents import deposit
from app.importer.plan import Plan, TaskFile, survey
from app.importer.read import Reject
from app.importer.read_folder import Found, documents_in, gather
from app.importer.reject import Rejects
from app.importer.tasks import Summary, load
from app.terminal.counting import counted
from app.terminal.database import reach_database
from app.terminal.options import DataOption
from app.terminal.progress import track

MOST_MEMBERS = 10_000

AsOption = Annotated[
    str, typer.Option("--as", metavar="EMAIL", help="On whose behalf: they become OWNER of new organizations.")
]
FileArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="CSV or JSON Lines, gzipped or not; a folder of .md and .txt files; or what `trellis export` wrote.",
    ),
]
OrganizationOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Where a line names none; of an export another slug than its own.")
]
MembersOption = Annotated[
    int, typer.Option(min=0, max=MOST_MEMBERS, help="Made-up people in each team; its tasks are dealt out to them.")
]


def import_(
    file: FileArgument,
    email: AsOption,
    organization: OrganizationOption = None,
    team: Annotated[str | None, typer.Option(metavar="NAME", help="Where a line names none.")] = None,
    members: MembersOption = 0,
    data: DataOption = DATA_DIRECTORY,
) -> None:
    """Import tasks from a file, or documents from a folder. Run again, it changes nothing.

    Columns: organization, team, key, title, description, status, priority, estimate, due_date, tags, assignee_email;
    all but title are optional. The files of a folder become documents of --team, or without one of --organization
    itself. Lines and files that cannot be imported go to FILE.rejects.csv, with the reason.

    An organization that was exported comes back as a new one, whole or not at all.
    """
    started = time.monotonic()
    email = check_options(email, organization, team)
    if file.is_file() and is_export(file):
        if team or members:
            raise typer.BadParameter("an export has teams and members of its own: leave --team and --members out")
        import_export(file, email, organization, data)
        return
    if file.is_dir():
        _import_folder(file.resolve(), _required(organization), team, email, data, started)
        return
    source = TaskFile(file, organization, team)
    plan, rejects = _survey(source)
    with reach_database(data, make=True) as url:
        rows = track(source.rows(), "Importing", plan.rows)
        summary = asyncio.run(load(url, rows, plan, email=email, made_up=members))
    there, rejected = counted(summary.there, "task"), counted(rejects.count, "line")
    show(summary, f"{there} already there", f"{rejected} rejected", since=started)
    if rejects.path:
        typer.echo(f"The rejected lines and why: {rejects.path}", err=True)


def _required(organization: str | None) -> str:
    if organization is None:
        raise typer.BadParameter("a folder names no organization: add --organization NAME")
    return organization


def _import_folder(folder: Path, organization: str, team: str | None, email: str, data: Path, started: float) -> None:
    paths = documents_in(folder)
    with reach_database(data, make=True) as url, Rejects(folder) as rejects:
        documents = _kept(track(gather(folder, paths), "Importing", len(paths)), rejects)
        summary = asyncio.run(deposit(url, documents, organization=organization, team=team, email=email))
    there, rejected = counted(summary.there, "document"), counted(rejects.count, "file")
    show(summary, f"{there} already there", f"{rejected} rejected", since=started, noun="document")
    if rejects.path:
        typer.echo(f"The rejected files and why: {rejects.path}", err=True)


def _kept(documents: Iterable[Found | Reject], rejects: Rejects) -> Iterator[Found]:
    for one in documents:
        if isinstance(one, Reject):
            rejects.write(one)
        else:
            yield one


def check_options(email: str, organization: str | None = None, team: str | None = None) -> str:
    """The address as it is kept. Raises BadParameter for what could be no value of a column either."""
    try:
        for name, option in (organization, "--organization"), (team, "--team"):
            if name is not None:
                check_name(name, option)
        return check_email(email, "--as")
    except Unfit as unfit:
        raise typer.BadParameter(str(unfit)) from unfit


def _survey(source: TaskFile) -> tuple[Plan, Rejects]:
    with Rejects(source.path) as rejects:
        plan = survey(track(source, "Reading"), rejects.write)
    if source.unknown_columns:
        typer.echo(f"Left aside, as no column of a task: {', '.join(sorted(source.unknown_columns))}", err=True)
    return plan, rejects


def show(summary: Summary, *more: str, since: float, noun: str = "task") -> None:
    """Prints on one line what was made, and before it what the person should know."""
    for note in summary.notes:
        typer.echo(note, err=True)
    made = ", ".join(
        (
            counted(summary.organizations, "organization"),
            counted(summary.teams, "team"),
            counted(summary.people, "person", "people"),
            counted(summary.made, noun),
        )
    )
    typer.echo("; ".join((f"Made {made}", *more, f"{time.monotonic() - since:.1f} s")))
