"""A span for each request to the API."""

from opentelemetry import trace
from opentelemetry.propagate import extract
from opentelemetry.trace import Span, SpanKind, StatusCode
from starlette.datastructures import Headers
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_tracer = trace.get_tracer("leaderboard")


class RequestSpans:
    """Middleware around everything else, for a gateway that exports spans.

    A client that names its own span, as W3C's Trace Context says, is the parent.

    Args:
        app: everything else.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/api/"):
            await self._app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        with _tracer.start_as_current_span(
            method,
            extract(Headers(scope=scope)),
            SpanKind.SERVER,
            {"http.request.method": method, "url.path": path, "url.scheme": scope["scheme"]},
        ) as span:

            async def note_and_send(message: Message) -> None:
                if message["type"] == "http.response.start":
                    _note_status(span, message["status"])
                await send(message)

            await self._app(scope, receive, note_and_send)
            if route := _route(scope):
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)


def _note_status(span: Span, status: int) -> None:
    span.set_attribute("http.response.status_code", status)
    # What a client does wrong is no failure of the server's.
    if status >= 500:
        span.set_status(StatusCode.ERROR)


def _route(scope: Scope) -> str | None:
    """The path of the route that has answered, such as ``/api/boards/{name}``."""
    routes = (each for each in scope["app"].routes if isinstance(each, Route))
    return next((each.path for each in routes if each.endpoint == scope.get("endpoint")), None)
