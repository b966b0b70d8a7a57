"""Lets in who may: around everything that is served."""

from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from watch.gateway.access import Access

Handler = Callable[[Request], Awaitable[Response]]


class Gate:
    """Middleware that turns away the pages and names that the gateway does not answer to."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = self._access.refuses(Headers(scope=scope)) if scope["type"] in ("http", "websocket") else None
        if reason is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await JSONResponse({"error": reason}, 403)(scope, receive, send)
        else:
            # Before it is accepted, which the client is told as 403.
            await send({"type": "websocket.close"})


def guarded(handler: Handler, access: Access) -> Handler:
    """The handler, for those who bring the key, where there is one."""

    async def guard(request: Request) -> Response:
        if not access.authorizes(request.headers):
            raise HTTPException(401, "the key is wrong or missing", {"WWW-Authenticate": "Bearer"})
        return await handler(request)

    return guard
