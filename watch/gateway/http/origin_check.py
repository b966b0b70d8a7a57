"""Refuses requests that a browser makes for a web page of somebody else's."""

import re
from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from config.loopback import is_loopback
from watch.gateway.responses import error_response

# Everything else tells nothing about the boards, and links may lead there.
_PROTECTED = ("/api", "/metrics", "/ws")


class OriginCheck:
    """Middleware around everything that is served.

    A browser names the origin of the page that asks. The gateway's own page may ask, and so may pages of the
    listed origins. Without a key, the name that the gateway is called by must also be this machine's or that of a
    listed origin: anybody could have a name of theirs point here, and the browser would take their page for ours.

    Args:
        app: what is served.
        requires_key: whether clients must bring a key, which then decides in the place of names and origins.
        origins: whose pages may ask, such as ``https://boards.example.com``.
    """

    def __init__(self, app: ASGIApp, *, requires_key: bool, origins: Collection[str]) -> None:
        self._app = app
        self._requires_key = requires_key
        self._origins = frozenset(origins)
        self._hosts = {_host_of(origin) for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason = None
        if scope["type"] in ("http", "websocket"):
            headers = Headers(scope=scope)
            reason = self.refuses(headers) or self.refuses_page(scope["path"], headers)
        if reason is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await error_response(reason, 403)(scope, receive, send)
        else:
            # Before the WebSocket is accepted, the client sees this as 403.
            await send({"type": "websocket.close"})

    def refuses(self, headers: Headers) -> str | None:
        """Why a request is refused by its host or origin; None if it is not, or if a key decides."""
        if self._requires_key:
            return None
        host = headers.get("host", "").lower()
        if not (is_loopback(_name_of(host)) or host in self._hosts):
            return f"without a key the gateway does not answer to the name {host!r:.80}; see GATEWAY_ORIGINS"
        origin = headers.get("origin", "").lower()
        if origin and origin not in self._origins and _host_of(origin) != host:
            return f"pages of {origin!r:.80} may not read the boards; see GATEWAY_ORIGINS"
        return None

    def refuses_page(self, path: str, headers: Headers) -> str | None:
        """Why a request from a page of another site is refused; None if it is not.

        For an image or a form, browsers send no origin, but they do send how the page's site relates to ours.
        """
        if not path.startswith(_PROTECTED):
            return None
        site = headers.get("sec-fetch-site", "").lower()
        if site in ("", "none", "same-origin") or headers.get("origin", "").lower() in self._origins:
            return None
        return "pages of other origins may not read the boards; see GATEWAY_ORIGINS"


def _host_of(origin: str) -> str:
    """``host:port`` of an origin; empty if it has none, such as ``null``."""
    return origin.partition("://")[2]


def _name_of(host: str) -> str:
    """The host without its port."""
    return re.sub(r":\d*$", "", host)
