"""Who may go on: points within a minute, requests at once, sign-ins that fail."""

from starlette.requests import Request

from app.auth.actor import Actor
from app.config import Settings
from app.graph.charge import Standing
from app.http.rate_limit import Account, RateLimited
from app.rates.client_address import locate
from app.rates.redis_windows import Shared
from app.rates.windows import Windows

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

    def account(self, actor: Actor | None, request: Request) -> Account:
        if actor is not None:
            return Account(f"actor/{actor.id}", actor.rate_limit or self._settings.rate_limit, signed_in=True)
        return Account(f"address/{self.address(request)}", self._settings.rate_limit_anonymous, signed_in=False)

    def begin(self, account: Account) -> None:
        under_way, most = self._in_flight.get(account.name, 0), self._settings.max_in_flight
        if under_way >= most:
            raise RateLimited(f"{most} requests are under way, and no more are taken at once: wait for one.", wait=1)
        self._in_flight[account.name] = under_way + 1

    def end(self, account: Account) -> None:
        left = self._in_flight.pop(account.name) - 1
        if left:
            self._in_flight[account.name] = left

    async def take(self, account: Account, points: int) -> Standing:
        windows = self._people if account.signed_in else self._strangers
        return await self._take(windows, account.name, points, account.limit)

    async def charge(self, account: Account, points: int) -> Standing:
        window = self._people.find(account.name)
        if self._shared is not None:
            await self._shared.add(window, account.name, points)
        else:
            window.used += points
        return Standing(account.limit, window.used, window.resets_at, fits=True)

    def failures(self, request: Request) -> Standing:
        window, limit = self._failures.find(self._place(request)), self._settings.rate_limit_failures
        return Standing(limit, window.used, window.resets_at, fits=window.used < limit)

    async def note_failure(self, request: Request) -> Standing:
        return await self._take(self._failures, self._place(request), 1, self._settings.rate_limit_failures)

    def _place(self, request: Request) -> str:
        return f"failures/{self.address(request)}"

    def address(self, request: Request) -> str:
        return locate(request, self._settings.trusted_proxies)

    async def alone(self) -> bool:
        return self._shared is not None and not await self._shared.answers()

    async def close(self) -> None:
        if self._shared is not None:
            await self._shared.close()

    async def _take(self, windows: Windows, name: str, points: int, limit: int) -> Standing:
        window = windows.find(name)
        fits = window.used + points <= limit
        if fits and self._shared is not None:
            fits = await self._shared.take(window, name, points, limit)
        elif fits:
            window.used += points
        return Standing(limit, window.used, window.resets_at, fits)
