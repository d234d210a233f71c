"""The options of `trellis import`."""

from pathlib import Path
from typing import Annotated

import typer

from app.formats.wishes import Wishes, wishes
from app.tools.known import FORMATS

MOST_MEMBERS = 10_000

FileArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        help="An export of another tool, CSV or JSON, gzipped or not; a folder of .md and .txt files; or what "
        "`trellis export` wrote.",
    ),
]
AsOption = Annotated[
    str, typer.Option("--as", metavar="EMAIL", help="On whose behalf: they become OWNER of new organizations.")
]
OrganizationOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Where a line names none; of an export another slug than its own.")
]
TeamOption = Annotated[str | None, typer.Option(metavar="NAME", help="Where a line names none.")]
MembersOption = Annotated[
    int, typer.Option(min=0, max=MOST_MEMBERS, help="Made-up people in each team; its tasks are dealt out to them.")
]
CheckOption = Annotated[bool, typer.Option("--check", help="Show what would happen, and write nothing.")]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", metavar="FORMAT", help=f"Where the header does not tell: {', '.join(FORMATS)}."),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=FIELD,…", help="What a column is, or that it is nothing: `Assignee=`."),
]
StatusOption = Annotated[
    list[str] | None, typer.Option("--status", metavar="WORD=STATUS", help='What a word means: `"In QA=IN_REVIEW"`.')
]
PriorityOption = Annotated[
    list[str] | None, typer.Option("--priority", metavar="WORD=PRIORITY", help="The same of a priority: `P1=URGENT`.")
]
MappingOption = Annotated[
    Path | None, typer.Option("--mapping", metavar="FILE.toml", help="A file that says these four, to be kept.")
]
OperatorOption = Annotated[
    bool, typer.Option("--operator", help="Do not ask the roles of --as, as whoever runs the server may.")
]
CutOption = Annotated[
    bool, typer.Option("--cut-titles", help="Cut titles that are too long; the descriptions begin with all of them.")
]


def wished(
    mapping: Path | None,
    format_name: str | None,
    columns: list[str] | None,
    statuses: list[str] | None,
    priorities: list[str] | None,
) -> Wishes:
    """What the options say of the file. Raises WishRefused."""
    return wishes(
        mapping,
        format_name=format_name,
        columns=columns or (),
        statuses=statuses or (),
        priorities=priorities or (),
    )
