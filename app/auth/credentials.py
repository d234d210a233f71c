"""From a request's headers to who it says is calling: a person's token or an API key."""

from starlette.datastructures import Headers

from app.auth.claims import Claims, InvalidToken
from app.auth.secrets import BEGINNING, InvalidKey, PresentedKey, presented
from app.auth.tokens import Tokens
from app.errors import AppError

Credentials = Claims | PresentedKey


class Unauthenticated(AppError):
    """Nobody is signed in, or not in a way we accept."""

    code = "UNAUTHENTICATED"
    status = 401


async def credentials_of(headers: Headers, tokens: Tokens) -> Credentials | None:
    """What the token claims, or the API key; None where there is neither. Raises Unauthenticated for what is neither.

    Whether an API key is one of ours is for the database to say.
    """
    sent, keys = headers.getlist("authorization"), headers.getlist("x-api-key")
    if not sent and not keys:
        return None
    if len(sent) + len(keys) > 1:
        raise Unauthenticated("Send one `Authorization` or one `X-API-Key` header, not several.")
    if keys:
        return _key(keys[0].strip())
    scheme, _, given = sent[0].partition(" ")
    token = given.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("The Authorization header must be one `Bearer` and a token.")
    if token.startswith(BEGINNING):
        return _key(token)
    try:
        return await tokens.verify(token)
    except InvalidToken as error:
        raise Unauthenticated(str(error)) from error


def _key(text: str) -> PresentedKey:
    try:
        return presented(text)
    except InvalidKey:
        raise Unauthenticated("This is no API key: one is `trl_`, its id, `_` and its secret.") from None
