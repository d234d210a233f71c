"""What `trellis import --check` says of a file: the plan that an import would carry out."""

from dataclasses import replace

from app.formats.layout import Layout
from app.formats.lines import UTF_8
from app.formats.record import Reject
from app.formats.wishes import TARGETS
from app.formats.words import Words
from app.importer.plan import Plan, survey
from app.importer.task_file import TaskFile
from app.terminal.counting import counted
from app.terminal.progress import track
from app.terminal.say import say

MOST_REJECTS = 10
NAMED_BY_NOBODY = "…"


def show_check(source: TaskFile) -> int:
    """Prints it; answers how many tasks would come in. Raises FileUnusable."""
    source = replace(source, organization=source.organization or NAMED_BY_NOBODY, team=source.team or NAMED_BY_NOBODY)
    rejects: list[Reject] = []
    plan = survey(track(source, "Reading"), rejects.append)
    _show_layout(source.layout)
    for option, words in (("--status", source.rules.statuses), ("--priority", source.rules.priorities)):
        _show_words(option, words)
    _show_plan(plan)
    _show_rejects(rejects)
    say("Nothing was written.")
    return plan.rows


def _show_layout(layout: Layout) -> None:
    encoding = "UTF-8" if layout.encoding == UTF_8 else "Windows-1252 (it is no UTF-8)"
    say(f"{layout.path}: {layout.container}, {encoding}, format {layout.format.name}")
    if layout.skipped:
        say(f"Left out above the header: {counted(layout.skipped, 'line')}")
    taken = {column: is_ for column, is_ in layout.taken.items() if is_ in TARGETS}  # others go with one of these
    width = max(map(len, taken), default=0)
    for column, is_ in taken.items():
        say(f"  {column:{width}}  → {is_}")
    if layout.left:
        say(f"Left aside: {', '.join(layout.left)}")


def _show_words(option: str, words: Words) -> None:
    for word, meaning, count in words.translated():
        means = meaning or f'nothing known: add {option} "{word}=…", one of {", ".join(words.meanings)}'
        say(f"{option.strip('-')} {word} ({count:,}) → {means}")


def _show_plan(plan: Plan) -> None:
    say(f"Would come in: {counted(plan.rows, 'task')}; of these, what is there already stays as it is")
    for team in plan.teams.values():
        say(f"  {team.organization} / {team.name}: {counted(team.rows, 'task')}")
    teams = plan.teams.values()
    for option, names in (
        ("--organization", {team.organization for team in teams}),
        ("--team", {team.name for team in teams}),
    ):
        if NAMED_BY_NOBODY in names:
            say(f"The file does not say everywhere where tasks go: add {option} NAME")


def _show_rejects(rejects: list[Reject]) -> None:
    if rejects:
        say(f"Would be rejected: {counted(len(rejects), 'line')}")
    for reject in rejects[:MOST_REJECTS]:
        say(f"  line {reject.line}: {reject.reason}")
    if len(rejects) > MOST_REJECTS:
        say(f"  and {len(rejects) - MOST_REJECTS:,} more")
