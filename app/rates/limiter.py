"""Who may go on: points within a minute, requests at once, sign-ins that fail."""

from collections import Counter
from collections.abc import Sequence

from starlette.requests import Request

from app.auth.actor import Actor
from app.config import Settings
from app.graph.charge import Standing
from app.http.rate_limit import Account, RateLimited
from app.rates.client_address import locate
from app.rates.redis_windows import Shared
from app.rates.windows import Draw, Windows

REASONS = ("points", "at_once", "sign_ins")  # why a request is refused
MOST_PEOPLE = 20_000
MOST_ADDRESSES = 20_000  # apart from people, whom a flood of addresses must not push out


class Rates:
    """The limits of one process; with Redis, of all that share it.

    Requests in flight are counted by each process for itself: what they take is its memory and its connections, and a
    count elsewhere would stay too high for ever once a process is killed.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._shared = Shared(str(settings.redis_url)) if settings.redis_url else None
        self._people = Windows(MOST_PEOPLE)
        self._strangers = Windows(MOST_ADDRESSES)
        self._failures = Windows(MOST_ADDRESSES)
        self._in_flight: dict[str, int] = {}  # account → its requests under way
        self.refused: Counter[str] = Counter()  # by REASONS

    def account(self, actor: Actor | None, request: Request) -> Account:
        if actor is not None:
            return self._signed_in(actor)
        return Account(f"address/{self.address(request)}", self._settings.rate_limit_anonymous, signed_in=False)

    def _signed_in(self, actor: Actor) -> Account:
        """Also a key that was once given more than it may have today takes no more."""
        if actor.grant is None:
            return Account(f"actor/{actor.id}", self._settings.rate_limit, signed_in=True)
        most = self._settings.points_per_key
        keys = Account(f"keys/{actor.payer_id}", self._settings.points_per_organization, signed_in=True)
        return Account(f"actor/{actor.id}", min(actor.grant.rate_limit or most, most), signed_in=True, within=keys)

    def begin(self, account: Account) -> None:
        name = _payer(account).name
        under_way, most = self._in_flight.get(name, 0), self._settings.max_in_flight
        if under_way >= most:
            self.refused["at_once"] += 1
            raise RateLimited(f"{most} requests are under way, and no more are taken at once: wait for one.", wait=1)
        self._in_flight[name] = under_way + 1

    def end(self, account: Account) -> None:
        name = _payer(account).name
        left = self._in_flight.pop(name) - 1
        if left:
            self._in_flight[name] = left

    async def take(self, account: Account, points: int) -> Standing:
        windows = self._people if account.signed_in else self._strangers
        standing = await self._take([windows.draw(one.name, one.limit) for one in _drawn_on(account)], points)
        return self._noted("points", standing)

    async def charge(self, account: Account, points: int) -> Standing:
        draws = [self._people.draw(one.name, one.limit) for one in _drawn_on(account)]
        return await self._take(draws, points, owed=True)

    def failures(self, request: Request) -> Standing:
        draw = self._failing(request)
        return self._noted("sign_ins", _standing(draw, fits=draw.fits(1)))

    async def note_failure(self, request: Request) -> Standing:
        return self._noted("sign_ins", await self._take([self._failing(request)], 1))

    def _noted(self, what: str, standing: Standing) -> Standing:
        if not standing.fits:
            self.refused[what] += 1
        return standing

    @property
    def in_flight(self) -> int:
        """How many requests are under way."""
        return sum(self._in_flight.values())

    def _failing(self, request: Request) -> Draw:
        return self._failures.draw(f"failures/{self.address(request)}", self._settings.rate_limit_failures)

    def address(self, request: Request) -> str:
        return locate(request, self._settings.trusted_proxies)

    async def alone(self) -> bool:
        return self._shared is not None and not await self._shared.answers()

    async def close(self) -> None:
        if self._shared is not None:
            await self._shared.close()

    async def _take(self, draws: Sequence[Draw], points: int, *, owed: bool = False) -> Standing:
        """Takes points of all or of none; what is `owed` in any case. How the one stands that has the least left."""
        fits = owed or all(draw.fits(points) for draw in draws)
        if fits and self._shared is not None:
            fits = await self._shared.take(draws, points, owed=owed)
        elif fits:
            for draw in draws:
                draw.window.used += points
        return min((_standing(draw, fits=fits) for draw in draws), key=lambda standing: standing.remaining)


def _payer(account: Account) -> Account:
    return account.within or account


def _drawn_on(account: Account) -> list[Account]:
    return [account] if account.within is None else [account, account.within]


def _standing(draw: Draw, *, fits: bool) -> Standing:
    return Standing(draw.limit, draw.window.used, draw.window.resets_at, fits)
