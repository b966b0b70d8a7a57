"""Bounds what requests cost, before anything looks at them."""

import asyncio

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.limits import LONGEST_QUERY, MOST_PARAMETERS, REQUEST_COST, REQUEST_DEADLINE


class RequestLimits:
    """Middleware around everything else.

    What a query costs its parsers depends on its length and count, so long ones are refused. An address that has
    asked for more than it may waits, and is refused where that would take too long.

    Args:
        app: everything else.
        addresses: what each address may cost.
    """

    def __init__(self, app: ASGIApp, addresses: ClientAddresses) -> None:
        self._app = app
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif refusal := _refusal(scope["query_string"]):
            await _refuse(scope, receive, send, *refusal)
        elif scope["type"] == "websocket":
            # Counted by its connection.
            await self._app(scope, receive, send)
        else:
            work = self._addresses.of(scope).work
            work.take(REQUEST_COST)
            if (debt := work.debt) > REQUEST_DEADLINE:
                await _refuse(scope, receive, send, "this address has asked too often", 429)
                return
            await asyncio.sleep(debt)
            await self._app(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, sentence: str, status: int) -> None:
    if scope["type"] == "http":
        await JSONResponse({"error": sentence}, status)(scope, receive, send)
    else:
        # Before it is accepted, which the client is told as 403.
        await send({"type": "websocket.close"})


def _refusal(query: bytes) -> tuple[str, int] | None:
    if len(query) > LONGEST_QUERY:
        return f"a query has {LONGEST_QUERY:,} bytes at most, this one has {len(query):,}", 414
    if (parameters := query.count(b"&") + 1) > MOST_PARAMETERS:
        return f"a query has {MOST_PARAMETERS} parameters at most, this one has {parameters:,}", 400
    return None
