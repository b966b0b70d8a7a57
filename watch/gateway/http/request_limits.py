"""Limits what HTTP requests and WebSocket handshakes cost, before anything else looks at them."""

import asyncio

from starlette.types import ASGIApp, Receive, Scope, Send

from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.limits import LONGEST_QUERY, MOST_PARAMETERS, REQUEST_COST, REQUEST_DEADLINE
from watch.gateway.responses import error_response


class RequestLimits:
    """Middleware around everything else.

    The cost of parsing a query depends on its length and on its number of parameters, so long ones are refused. An
    address that has spent its budget waits. If it would wait too long, it is refused.

    Args:
        app: everything else.
        addresses: what each may cost.
    """

    def __init__(self, app: ASGIApp, addresses: ClientAddresses) -> None:
        self._app = app
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif refusal := _refusal_of(scope["query_string"]):
            await _refuse(scope, receive, send, *refusal)
        elif scope["type"] == "websocket":
            # Its connection has been charged for.
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
        await error_response(sentence, status)(scope, receive, send)
    else:
        # Before the WebSocket is accepted, the client sees this as 403.
        await send({"type": "websocket.close"})


def _refusal_of(query: bytes) -> tuple[str, int] | None:
    if len(query) > LONGEST_QUERY:
        return f"a query has {LONGEST_QUERY:,} bytes at most, this one has {len(query):,}", 414
    if (parameters := query.count(b"&") + 1) > MOST_PARAMETERS:
        return f"a query has {MOST_PARAMETERS} parameters at most, this one has {parameters:,}", 400
    return None
