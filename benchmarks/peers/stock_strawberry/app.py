"""The ASGI application: Strawberry's own view, with new DataLoaders for each request."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

from benchmarks.peers.stock_strawberry.schema import Loaders, schema


class Application(GraphQL[dict[str, Loaders], None]):
    async def get_context(
        self,
        request: Request | WebSocket,  # noqa: ARG002  # the signature is Strawberry's
        response: Response | WebSocket,  # noqa: ARG002  # as above
    ) -> dict[str, Loaders]:
        return {"loaders": Loaders()}


application = Application(schema, graphql_ide=None)
