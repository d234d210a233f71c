"""From a request's headers to what its token claims."""

from starlette.datastructures import Headers

from app.auth.tokens import Claims, InvalidToken, Tokens
from app.errors import AppError


class Unauthenticated(AppError):
    """Nobody is signed in, or not in a way we accept."""

    code = "UNAUTHENTICATED"
    status = 401


async def claims_of(headers: Headers, tokens: Tokens) -> Claims | None:
    """What the bearer token claims; None where there is none. Raises Unauthenticated for one that proves nothing."""
    sent = headers.getlist("authorization")
    if not sent:
        return None
    scheme, _, token = sent[0].partition(" ")
    if len(sent) > 1 or scheme.lower() != "bearer" or not token.strip():
        raise Unauthenticated("The Authorization header must be one `Bearer` and a token.")
    try:
        return await tokens.verify(token.strip())
    except InvalidToken as error:
        raise Unauthenticated(str(error)) from error
