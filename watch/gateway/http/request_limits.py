"""Limits what HTTP requests and WebSocket handshakes cost, before anything else looks at them."""

import asyncio
from collections import Counter

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from watch.gateway.connections.addresses import ClientAddresses
from watch.gateway.limits import LONGEST_QUERY, MOST_PARAMETERS, REQUEST_COST, REQUEST_DEADLINE
from watch.gateway.responses import error_response, json_response

# The paths that answer 400 to any wrong parameter, and name it.
_NAMING_PATHS = ("/api/screen", "/api/ranks/", "/api/candles/")


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
        elif refusal := _refusal_of(scope["path"], scope["query_string"]):
            await _send(refusal, scope, receive, send)
        elif scope["type"] == "websocket":
            # Its connection has been charged for.
            await self._app(scope, receive, send)
        else:
            work = self._addresses.of(scope).work
            work.take(REQUEST_COST)
            if (debt := work.debt) > REQUEST_DEADLINE:
                await _send(error_response("this address has asked too often", 429), scope, receive, send)
                return
            await asyncio.sleep(debt)
            await self._app(scope, receive, send)


async def _send(refusal: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await refusal(scope, receive, send)
    else:
        # Before the WebSocket is accepted, the client sees this as 403.
        await send({"type": "websocket.close"})


def _refusal_of(path: str, query: bytes) -> Response | None:
    if len(query) > LONGEST_QUERY:
        sentence, status = f"a query has {LONGEST_QUERY:,} bytes at most, this one has {len(query):,}", 414
    elif (count := query.count(b"&") + 1) > MOST_PARAMETERS:
        sentence, status = f"a query has {MOST_PARAMETERS} parameters at most, this one has {count:,}", 400
    else:
        return None
    if not path.startswith(_NAMING_PATHS):
        return error_response(sentence, status)
    return json_response({"error": sentence, "parameter": _longest(query)}, 400)


def _longest(query: bytes) -> str:
    """The name of the parameter that has most of a query's bytes, with all its values."""
    sizes: Counter[bytes] = Counter()
    for parameter in query.split(b"&"):
        sizes[parameter.partition(b"=")[0]] += len(parameter) + 1
    return max(sizes, key=sizes.__getitem__)[:80].decode(errors="replace")
