"""Root fields that search an organization: the same arguments, checked in the same way, whatever is searched."""

from collections.abc import Awaitable, Callable, Sequence
from inspect import Parameter
from typing import Any, NamedTuple

import strawberry

from app.auth.guards import require_row
from app.graph.context import Context
from app.graph.fields import Arguments, argument, by_level
from app.graph.ids import parse_id
from app.graph.paging import LARGEST_SIZE, Filter, size_of
from app.organizations.loaders import live_organization
from app.organizations.policies import can_read
from app.organizations.rows import OrganizationRow
from app.ranking.connection import Results
from app.ranking.search import LONGEST_QUERY
from app.ranking.signals import SearchMode
from app.settings.choose import search_mode

QUERY = (
    f'What to search for: 1 to {LONGEST_QUERY} characters, not blank. What is found holds each "quoted phrase", in any '
    "quotation marks, and no `-word`, unless it holds the whole query as it is typed, such as `git push -f`; where "
    "every text with the other words holds that, it excludes nothing. Nothing but `-words` is BAD_USER_INPUT."
)
SEARCHING = 500  # objects, which a search takes as long as: 5 points


class Inquiry(NamedTuple):
    """What is asked of an organization that the caller may read."""

    organization: OrganizationRow
    query: str
    mode: SearchMode
    condition: Filter | None
    size: int
    after: str | None

    @property
    def filter_key(self) -> str:
        """What a cursor says of the filter."""
        return "" if self.condition is None else self.condition.fingerprint


def searching(
    find: Callable[[Context, Inquiry], Awaitable[Results]], nouns: str, filters: type, *, description: str
) -> Any:
    """A root field that answers a page of what `find` finds of `nouns`, such as "tasks"."""

    async def level(context: Context, roots: Sequence[object], arguments: Arguments) -> list[Results]:
        inquiry = await _inquiry(context, arguments)
        return [await find(context, inquiry) for _ in roots]

    return by_level(
        level,
        description=f"{description} Takes 5 points.",
        arguments=_arguments(nouns, filters),
        complexity=SEARCHING,
    )


async def _inquiry(context: Context, arguments: Arguments) -> Inquiry:
    """Raises BadUserInput, and NotFound where the caller has no such organization."""
    actor, organization_id = context.actor, parse_id(arguments["organization_id"], "organizationId")
    found = await context.load(live_organization, organization_id)
    organization = require_row(found if found is not None and can_read(actor, found) else None, "organization")
    return Inquiry(
        organization,
        arguments["query"],
        await search_mode(context, organization_id, arguments.get("mode")),
        arguments.get("filter"),
        size_of("first", arguments.get("first")),
        arguments.get("after") or None,  # as in other lists
    )


def _arguments(nouns: str, filters: type) -> list[Parameter]:
    """In the order in which the schema shows them."""
    first = f"How many, at most {LARGEST_SIZE}; 20 by default."
    mode = "By what; left out, what the organization's `searchMode` says."
    return [
        argument("organization_id", strawberry.ID, "The organization.", Parameter.empty),
        argument("query", str, QUERY, Parameter.empty),
        argument("mode", SearchMode | None, mode),
        argument("filter", filters | None, f"Only {nouns} for which all of this holds; null for all."),
        argument("first", int | None, first),
        argument(
            "after", str | None, f"Only {nouns} after this cursor of the same search; null or empty for the start."
        ),
    ]
