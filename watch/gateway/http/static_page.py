"""Serves the page: static files that may load and run nothing but one another."""

import os
from hashlib import blake2b
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import msgspec
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Receive, Scope, Send

from watch.declarations import declarations

FOLDER = Path(__file__).parents[2] / "page"

#: Draws the page's charts. It is served from the installed package that carries it.
CHART_LIBRARY = "library/lightweight-charts.js"

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Browsers ask each time whether a file has changed.
    "Cache-Control": "no-cache",
}


class StaticPage(StaticFiles):
    """The page's files, ``index.html`` for the folder.

    The boards and the row's fields are written into ``index.html``, so that the page can draw its boards at once,
    also while Redis is away. Like the page they are served without a key: they hold no market data.

    Args:
        has_history: whether the gateway knows what is recorded.
    """

    def __init__(self, *, has_history: bool) -> None:
        super().__init__(directory=FOLDER, html=True)
        declared = _script_data(declarations(has_history=has_history))
        index = (FOLDER / "index.html").read_text().replace("{{ declarations }}", declared)
        etag = f'"{blake2b(index.encode(), digest_size=16).hexdigest()}"'
        # Found without importing the package.
        library = distribution("litecharts").locate_file("litecharts/js/lightweight-charts.js")
        self._chart_library = Path(str(library))
        self._index = HTMLResponse(index, headers={"ETag": etag})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            # There is no WebSocket but at /ws. The client sees this as 403.
            await send({"type": "websocket.close"})
        else:
            await super().__call__(scope, receive, send)

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        if path == os.path.normpath(CHART_LIBRARY):
            return str(self._chart_library), self._chart_library.stat()
        return super().lookup_path(path)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_HEADERS)
        return response

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        if Path(full_path).name != "index.html":
            return super().file_response(full_path, stat_result, scope, status_code)
        if self.is_not_modified(self._index.headers, Headers(scope=scope)):
            return NotModifiedResponse(self._index.headers)
        return self._index


def _script_data(content: Any) -> str:
    """JSON to stand between ``<script>`` tags, which no text in it can end."""
    return msgspec.json.encode(content).decode().replace("<", "\\u003c")
