"""What a request takes of its caller's minute, and what is asked of whoever counts it."""

from typing import NamedTuple, Protocol

from starlette.requests import Request

from app.auth.actor import Actor
from app.errors import AppError
from app.graph.charge import NO_CHARGE, NO_ESTIMATE, Charge, CostEstimate, Standing

AT_THE_DOOR = 1  # points of every request, whatever becomes of it: one that is refused costs the server little
OF_A_MUTATION = 5
OBJECTS_A_POINT = 100
HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")  # the last in seconds


class RateLimited(AppError):
    """The caller has asked for too much within a minute, or for too much at once."""

    code = "RATE_LIMITED"
    status = 429

    def __init__(self, message: str, *, wait: int) -> None:
        """`wait` is in seconds."""
        super().__init__(message, retryAfter=wait)


class Account(NamedTuple):
    """Whose requests are counted together: a person, an API key, or an address that nobody has signed in from.

    What is taken of it is taken of `within`, too: what an organization's API keys have together.
    """

    name: str
    limit: int  # points a minute
    signed_in: bool
    within: "Account | None" = None


class Rates(Protocol):
    """Counts what accounts take."""

    def account(self, actor: Actor | None, request: Request) -> Account:
        """Who pays for a request of this actor."""

    def begin(self, account: Account) -> None:
        """Notes a request as under way, until `end`. Raises RateLimited where the account has all that it may have."""

    def end(self, account: Account) -> None:
        """To be called once for each `begin` that did not raise."""

    async def take(self, account: Account, points: int) -> Standing:
        """Takes points, all of them or none."""

    async def charge(self, account: Account, points: int) -> Standing:
        """Takes points for what has been done, also where no more so many are left."""

    def failures(self, request: Request) -> Standing:
        """How the address stands with sign-ins that fail; it fits where one more may."""

    async def note_failure(self, request: Request) -> Standing:
        """Counts a sign-in that failed; it fits where that may be told."""

    def address(self, request: Request) -> str:
        """Where the request comes from, as far as addresses are told apart."""

    async def alone(self) -> bool:
        """Whether this process has to count for itself, as what it counts with others does not answer."""


class RequestMeter:
    """What one request takes: a point before it is read, and the least that it takes before it is run."""

    def __init__(self, rates: Rates, request: Request) -> None:
        self.rates = rates
        self.request = request
        self.charge = NO_CHARGE
        self._account: Account
        self._in_flight = False

    @property
    def address(self) -> str:
        """Where the request comes from."""
        return self.rates.address(self.request)

    def check_failures(self) -> None:
        """Raises RateLimited where the address has had too many sign-ins that failed."""
        self._require_few_failures(self.rates.failures(self.request))

    async def note_failure(self) -> None:
        """Counts a sign-in that failed. Raises RateLimited as above."""
        self._require_few_failures(await self.rates.note_failure(self.request))

    def _require_few_failures(self, standing: Standing) -> None:
        if not standing.fits:
            self.charge = Charge(AT_THE_DOOR, NO_ESTIMATE, standing)
            message = f"Too many sign-ins from here have failed: try again in {standing.wait} s."
            raise RateLimited(message, wait=standing.wait)

    def open(self, actor: Actor | None) -> None:
        """From now on the request counts as one of the caller's in flight. Raises RateLimited."""
        self._account = self.rates.account(actor, self.request)
        self.rates.begin(self._account)
        self._in_flight = True

    def close(self) -> None:
        """From now on it does not."""
        if self._in_flight:
            self.rates.end(self._account)

    async def enter(self) -> None:
        """Takes the first point. Raises RateLimited."""
        await self._take(AT_THE_DOOR, CostEstimate(AT_THE_DOOR, AT_THE_DOOR, 0))

    async def reserve(self, estimate: CostEstimate, *, dry: bool) -> None:
        """Takes the least that the operation takes, before it is run; nothing for a `dry` run.

        Who is not signed in can reach no lists: their requests are counted, and not what is in them.
        Raises RateLimited.
        """
        if not self._account.signed_in:
            estimate = CostEstimate(AT_THE_DOOR, AT_THE_DOOR, estimate.objects)
        if estimate.least > AT_THE_DOOR and not dry:
            await self._take(estimate.least - AT_THE_DOOR, estimate)
        else:
            self.charge = Charge(AT_THE_DOOR, estimate, self.charge.standing)

    async def charge_rest(self, cost: int) -> None:
        """Takes the rest, once it is known what has been done, in objects: whoever has too little owes it.

        What nobody could see coming, the rows of a large delete, takes half of a minute at most: who started a minute
        with it can undo it in the same one. Who is not signed in can do little: their requests are counted, and not
        what is in them.
        """
        points, estimate, _ = self.charge
        rest = min(points_of(cost), max(estimate.most, self._account.limit // 2)) - points
        if rest > 0 and self._account.signed_in:
            self.charge = Charge(points + rest, estimate, await self.rates.charge(self._account, rest))

    async def _take(self, points: int, estimate: CostEstimate) -> None:
        standing = await self.rates.take(self._account, points)
        self.charge = Charge(estimate.least, estimate, standing)
        if not standing.fits:
            raise RateLimited(_refusal(standing, estimate.least), wait=standing.wait)

    def headers(self) -> dict[str, str]:
        """What every answer says of the caller's limit.

        By the names of the IETF draft up to its seventh version: they are what clients and proxies read today. The
        later versions put all into one structured field, which hardly any of them parses.
        """
        if self.charge is NO_CHARGE:
            return {}
        standing = self.charge.standing
        limit, remaining, reset = HEADERS
        return {limit: str(standing.limit), remaining: str(standing.remaining), reset: str(standing.wait)}


def cost_estimate(requested: int, complexity: int, *, most: int, writes: bool) -> CostEstimate:
    """The estimate of an operation whose lists could hold so many objects, of which it may load `most`.

    `complexity` is what its root fields take beside them. A query takes at least one point, a mutation five.
    """
    least = max(points_of(complexity), OF_A_MUTATION if writes else AT_THE_DOOR)
    return CostEstimate(least, max(points_of(complexity + min(requested, most)), least), requested)


def points_of(objects: int) -> int:
    """What is taken for so many objects, loaded or worked as long for: one point for 100, rounded."""
    return (objects + OBJECTS_A_POINT // 2) // OBJECTS_A_POINT


def _refusal(standing: Standing, points: int) -> str:
    if points > standing.limit:
        return f"The request takes {points} points, and the limit is {standing.limit} a minute: ask for less."
    return (
        f"The request takes {points} of the {standing.limit} points a minute, and {standing.remaining} are left: "
        f"try again in {standing.wait} s."
    )
