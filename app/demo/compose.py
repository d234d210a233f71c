"""Composes the texts of made-up tasks: bugs, features and chores as teams write them, the same from the same source."""

from random import Random
from typing import NamedTuple


class Subject(NamedTuple):
    """A kind of thing that teams work on: the things with their tags, how they fail and what people wish of them."""

    things: tuple[tuple[str, str], ...]
    failures: tuple[tuple[str, str], ...]
    wishes: tuple[tuple[str, str], ...]


class Text(NamedTuple):
    title: str
    description: str | None
    tags: tuple[str, ...]


SCREENS = Subject(
    things=(
        ("the sign-in page", "auth"),
        ("the password form", "auth"),
        ("the invoice list", "billing"),
        ("the checkout form", "billing"),
        ("the search box", "search"),
        ("the filter bar", "search"),
        ("the comment editor", "editor"),
        ("the bulk editor", "editor"),
        ("the attachment preview", "files"),
        ("the upload dialog", "files"),
        ("the onboarding tour", "onboarding"),
        ("the usage dashboard", "analytics"),
        ("the retention chart", "analytics"),
        ("the audit trail", "compliance"),
        ("the member list", "teams"),
        ("the settings screen", "settings"),
        ("the time zone picker", "settings"),
        ("the navigation bar", "design"),
    ),
    failures=(
        ("shows a blank page", "the page stays white and the console has an unhandled rejection"),
        ("loses the last change", "the old value is back after a reload"),
        ("ignores the chosen language", "dates and numbers stay in US format"),
        ("fails without a message", "the button becomes active again and nothing else happens"),
        ("is cut off at the right edge", "the last column cannot be reached, not even by scrolling"),
        ("keeps spinning", "the request has long been answered, but the state never leaves *loading*"),
        ("forgets the sort order", "rows come back in the order in which they were made"),
        ("shows times of another zone", "they are off by the offset to UTC"),
        ("cannot be used with the keyboard", "focus jumps back to the top of the page"),
    ),
    wishes=(
        ("Undo in {}", "a wrong click today means a support ticket"),
        ("Remember the last choice in {}", "most people pick the same thing every time"),
        ("Keyboard shortcuts for {}", "the heaviest users hardly touch the mouse"),
        ("A compact layout for {}", "on a laptop half of it is below the fold"),
        ("Help texts in {}", "every second call to support is about the same three fields"),
        ("Let admins hide {}", "two customers may not use it for legal reasons"),
        ("Translate {}", "a third of the sign-ups come from outside the US"),
    ),
)
PROCESSES = Subject(
    things=(
        ("the CSV export", "export"),
        ("the PDF report", "export"),
        ("card renewal", "billing"),
        ("the invoice run", "billing"),
        ("the search index update", "search"),
        ("the weekly digest", "notifications"),
        ("the reminder mail", "notifications"),
        ("webhook delivery", "integrations"),
        ("the calendar sync", "integrations"),
        ("the Slack connector", "integrations"),
        ("the nightly import", "jobs"),
        ("the retry queue", "jobs"),
        ("the thumbnail job", "files"),
        ("the backup check", "operations"),
        ("the data export request", "compliance"),
        ("the account merge", "auth"),
    ),
    failures=(
        ("times out", "it is cut off after 30 seconds and starts again from the beginning"),
        ("sends everything twice", "two identical entries arrive, milliseconds apart"),
        ("skips the last row", "the total is one lower than in the database"),
        ("stops without a trace", "the job counts as done, and the log ends in the middle of a batch"),
        ("uses the wrong time zone", "everything is off by the offset to UTC"),
        ("fails with a KeyError", "one record without an address is enough to end the whole run"),
        ("takes ten times as long", "it used to be two minutes and is now twenty"),
        ("drops umlauts and emoji", "they arrive as question marks"),
    ),
    wishes=(
        ("Show the progress of {}", "nobody can tell whether it still works or has died"),
        ("A preview before {} runs", "mistakes are only noticed once they have happened"),
        ("Let people start {} by hand", "today they wait until the next morning"),
        ("An API for {}", "customers scrape the page, which breaks with each release"),
        ("Tell admins when {} fails", "so far they hear of it from their own customers"),
        ("Let admins switch off {}", "two customers may not use it for legal reasons"),
    ),
)
CONDITIONS = (
    "on Safari",
    "on slow connections",
    "after the session has expired",
    "for members without a team",
    "with more than 1,000 rows",
    "when the network drops in between",
    "right after a deploy",
    "for names with an apostrophe",
    "in the week of a clock change",
    "for accounts made before 2024",
    "when nothing is found",
    "for read-only members",
    "in the second organization of a person",
)
UPKEEP = (
    ("Cover {} with end-to-end tests", "The last two regressions were found by customers."),
    ("Upgrade the libraries behind {}", "The current major version loses security support this quarter."),
    ("Write a runbook for {}", "Whoever is on call should not have to read the code first."),
    ("Remove the old code path of {}", "The flag has been on for everybody since spring."),
    ("Measure how long {} takes", "We guess; a histogram by percentile would end the guessing."),
    ("Move {} into a module of its own", "It has four owners, and its tests take eleven minutes."),
    ("Add alerts for {}", "It was down for two hours on a Sunday and nobody knew."),
)
REPORTERS = ("A customer in healthcare", "Support", "A beta team", "Our own finance team", "A partner", "Sales")
PARTS = (
    "happy path",
    "empty state",
    "error message",
    "permissions",
    "documentation",
    "mobile layout",
    "changelog entry",
)


def compose(random: Random) -> Text:
    """The text of one task."""
    subject = random.choice((SCREENS, PROCESSES))
    thing, area = random.choice(subject.things)
    kind = random.choices(("bug", "feature", "chore"), (45, 32, 23))[0]
    if kind == "bug":
        title, description = _bug(random, thing, subject)
    elif kind == "feature":
        title, description = _feature(random, thing, subject)
    else:
        title, description = _chore(random, thing)
    tags = (kind, area, "customer") if random.random() < 0.1 else (kind, area)
    return Text(title, description if random.random() < 0.85 else None, tags if random.random() < 0.8 else ())


def _bug(random: Random, thing: str, subject: Subject) -> tuple[str, str]:
    failure, observed = random.choice(subject.failures)
    condition = random.choice(CONDITIONS)
    reported = f"{random.choice(REPORTERS)} reported this {random.choice(('today', 'last week', 'twice this month'))}."
    steps = f"1. Take an account {random.choice(('from staging', 'of the demo', 'with real data'))}\n2. Use {thing}"
    seen = f"Seen since version {random.randint(2, 4)}.{random.randint(0, 19)}, {condition}."
    description = f"{reported}\n\n**Steps**\n\n{steps}\n\n**What happens:** {observed}.\n\n{seen}"
    return f"{_capital(thing)} {failure} {condition}", description


def _feature(random: Random, thing: str, subject: Subject) -> tuple[str, str]:
    wish, reason = random.choice(subject.wishes)
    parts = "\n".join(f"- [ ] {part}" for part in random.sample(PARTS, random.randint(2, 4)))
    return wish.format(thing), f"{random.choice(REPORTERS)} asked for this: {reason}.\n\n**Done when**\n\n{parts}"


def _chore(random: Random, thing: str) -> tuple[str, str]:
    work, reason = random.choice(UPKEEP)
    size = random.choice(("An afternoon at most.", "Two or three days.", "Best done in small pull requests."))
    return work.format(thing), f"{reason}\n\n{size}"


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
