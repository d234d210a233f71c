"""`trellis import`: tasks from a file, documents from a folder, or an organization that was exported."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

import typer

from app.config import DATA_DIRECTORY
from app.export_files.read import is_export
from app.formats.layout import Layout, readable
from app.formats.lines import UTF_8
from app.formats.record import Reject
from app.formats.rejects import Rejects
from app.importer.check import Unfit, check_email, check_name
from app.importer.documents import deposit
from app.importer.plan import Plan, survey
from app.importer.read_folder import Found, documents_in, gather
from app.importer.task_file import TaskFile
from app.importer.tasks import Summary, load
from app.refusal import Refusal
from app.spelling import composed
from app.terminal.counting import counted
from app.terminal.database import reach_database
from app.terminal.import_check import show_check
from app.terminal.import_options import (
    AsOption,
    CheckOption,
    CutOption,
    FileArgument,
    FormatOption,
    MapOption,
    MappingOption,
    MembersOption,
    OperatorOption,
    OrganizationOption,
    PriorityOption,
    StatusOption,
    TeamOption,
    wished,
)
from app.terminal.options import DataOption
from app.terminal.progress import track
from app.terminal.say import say
from app.terminal.take_back import import_export


class NothingCameIn(Refusal):
    """A file, or a folder, of which nothing could be imported."""


class Run(NamedTuple):
    """On whose behalf, whether their roles are asked, where the embedded database is, and since when."""

    email: str
    operator: bool
    data: Path
    started: float


def import_(  # noqa: PLR0913, PLR0917  # each is an option
    file: FileArgument,
    email: AsOption = "",
    organization: OrganizationOption = None,
    team: TeamOption = None,
    check: CheckOption = False,
    format_name: FormatOption = None,
    columns: MapOption = None,
    statuses: StatusOption = None,
    priorities: PriorityOption = None,
    mapping: MappingOption = None,
    cut_titles: CutOption = False,
    members: MembersOption = 0,
    operator: OperatorOption = False,
    data: DataOption = DATA_DIRECTORY,
) -> None:
    """Import tasks from a file, or documents from a folder. Run again, it changes nothing.

    Exports of Jira, Linear, Trello, Asana, ClickUp, Todoist, Notion, Plane and GitHub are known by what is in them.

    Columns: organization, team, key, title, description, status, priority, estimate, due_date, tags, assignee_email;
    all but title are optional. The files of a folder become documents of --team, or without one of --organization
    itself. Lines and files that cannot be imported go to FILE.rejects.csv, with the reason.

    An organization that was exported comes back as a new one, whole or not at all.
    """
    started = time.monotonic()
    wishes = wished(mapping, format_name, columns, statuses, priorities)
    source = TaskFile(file, organization, team, wishes, cut_titles)
    if check:
        _check(source)
    email = check_options(email, organization, team)
    if file.is_file() and is_export(file):
        if team or members:
            raise typer.BadParameter("an export has teams and members of its own: leave --team and --members out")
        import_export(file, email, organization, data)
    elif file.is_dir():
        _import_folder(file.resolve(), organization, team, Run(email, operator, data, started))
    else:
        _import_tasks(source, members, Run(email, operator, data, started))


def _check(source: TaskFile) -> NoReturn:
    check_names(source.organization, source.team)
    if source.path.is_dir() or (source.path.is_file() and is_export(source.path)):
        raise typer.BadParameter("--check is for a file of tasks: leave it out")
    raise typer.Exit(0 if show_check(source) else 1)


def _import_tasks(source: TaskFile, members: int, run: Run) -> None:
    plan, rejects = _survey(source)
    if not plan.rows:
        raise _nothing(source.path, rejects, "line")
    with reach_database(run.data, make=True) as url:
        rows = track(source.rows(), "Importing", plan.rows)
        summary = asyncio.run(load(url, rows, plan, email=run.email, made_up=members, operator=run.operator))
    there, rejected = counted(summary.there, "task"), counted(rejects.count, "line")
    show(summary, f"{there} already there", f"{rejected} rejected", since=run.started)
    if rejects.path:
        say(f"The rejected lines and why: {rejects.path}", err=True)


def _required(organization: str | None) -> str:
    if organization is None:
        raise typer.BadParameter("a folder names no organization: add --organization NAME")
    return composed(organization)


def _import_folder(folder: Path, organization: str | None, team: str | None, run: Run) -> None:
    organization, team = _required(organization), team and composed(team)
    paths = documents_in(folder)
    with reach_database(run.data, make=True) as url, Rejects(folder) as rejects:
        documents = _kept(track(gather(folder, paths), "Importing", len(paths)), rejects)
        depositing = deposit(
            url, documents, organization=organization, team=team, email=run.email, operator=run.operator
        )
        summary = asyncio.run(depositing)
    if rejects.count and not summary.made + summary.there:
        raise _nothing(folder, rejects, "file")
    there, rejected = counted(summary.there, "document"), counted(rejects.count, "file")
    show(summary, f"{there} already there", f"{rejected} rejected", since=run.started, noun="document")
    if rejects.path:
        say(f"The rejected files and why: {rejects.path}", err=True)


def _kept(documents: Iterable[Found | Reject], rejects: Rejects) -> Iterator[Found]:
    for one in documents:
        if isinstance(one, Reject):
            rejects.write(one)
        else:
            yield one


def check_options(email: str, organization: str | None = None, team: str | None = None) -> str:
    """The address as it is kept. Raises BadParameter for what could be no value of a column either."""
    check_names(organization, team)
    if not email:
        raise typer.BadParameter("say on whose behalf: add --as EMAIL")
    try:
        return check_email(email, "--as")
    except Unfit as unfit:
        raise typer.BadParameter(str(unfit)) from unfit


def check_names(organization: str | None, team: str | None) -> None:
    """Raises BadParameter where these could be no names."""
    try:
        for name, option in (organization, "--organization"), (team, "--team"):
            if name is not None:
                check_name(name, option)
    except Unfit as unfit:
        raise typer.BadParameter(str(unfit)) from unfit


def _nothing(path: Path, rejects: Rejects, noun: str) -> NothingCameIn:
    if rejects.count:
        return NothingCameIn(f"Nothing came in: {counted(rejects.count, noun)} rejected. Why: {rejects.path}")
    return NothingCameIn(f"Nothing came in: there are no tasks in {path}")


def _survey(source: TaskFile) -> tuple[Plan, Rejects]:
    with Rejects(source.path) as rejects:
        plan = survey(track(source, "Reading"), rejects.write)
    _tell(source.layout)
    return plan, rejects


def _tell(layout: Layout) -> None:
    """What a person should know of how their file was read."""
    if layout.encoding != UTF_8:
        say("Read as Windows-1252, as it is no UTF-8", err=True)
    if layout.skipped:
        say(f"Left out above the header: {counted(layout.skipped, 'line')}", err=True)
    if layout.left:
        say(f"Left aside, as no column of a task: {readable(list(layout.left))}", err=True)


def show(summary: Summary, *more: str, since: float, noun: str = "task") -> None:
    """Prints on one line what was made, and before it what the person should know."""
    for note in summary.notes:
        say(note, err=True)
    made = ", ".join(
        (
            counted(summary.organizations, "organization"),
            counted(summary.teams, "team"),
            counted(summary.people, "person", "people"),
            counted(summary.made, noun),
        )
    )
    say("; ".join((f"Made {made}", *more, f"{time.monotonic() - since:.1f} s")))
