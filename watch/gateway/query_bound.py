"""Refuses long queries before anything parses them."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from watch.gateway.limits import LONGEST_QUERY, MOST_PARAMETERS


class QueryBound:
    """Middleware around everything else: what a query costs its parsers depends on its length and count."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = _refusal(scope["query_string"]) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        sentence, status = refusal
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
