"""Lets in who may: around everything that is served."""

from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from watch.gateway.connections.access import Access
from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.connections.guesses import Guesses

Handler = Callable[[Request], Awaitable[Response]]


class Gate:
    """Middleware that turns away the pages and names that the gateway does not answer to."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = None
        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            reason = self._access.refuses(headers) or self._access.refuses_page(scope["path"], headers)
        if reason is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await JSONResponse({"error": reason}, 403)(scope, receive, send)
        else:
            # Before it is accepted, which the client is told as 403.
            await send({"type": "websocket.close"})


def guarded(handler: Handler, access: Access, addresses: ClientAddresses, guesses: Guesses) -> Handler:
    """The handler, for those who bring the key, where there is one."""

    async def guard(request: Request) -> Response:
        if access.wants_key:
            given = access.key_in(request.headers)
            address = addresses.of(request.scope)
            if given and guesses.are_too_many(address):
                raise HTTPException(429, "too many wrong keys of this address", {"Retry-After": "10"})
            if not access.is_key(given):
                if given:
                    guesses.note(address, given)
                raise HTTPException(401, "the key is wrong or missing", {"WWW-Authenticate": "Bearer"})
        return await handler(request)

    return guard
