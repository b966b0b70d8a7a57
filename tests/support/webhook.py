"""A service that takes notifications: a server of HTTP, which can be away."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from deploy.redis_server import free_port


class Webhook:
    """Takes what apprise sends to a URL of the scheme ``json``.

    Attributes:
        url: for ALERT_URLS.
        messages: that came, in their order: each with ``title`` and ``message``.
        status: that it answers with.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"json://trader:open-sesame@127.0.0.1:{self.port}/private-path"
        self.messages: list[dict[str, Any]] = []
        self.status = 200
        self._server: ThreadingHTTPServer | None = None
        self.start()

    def start(self) -> None:
        """Listen, at the same port each time."""
        webhook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if webhook.status == 200:
                    webhook.messages.append(json.loads(body))
                self.send_response(webhook.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, args=[0.01], daemon=True).start()

    def stop(self) -> None:
        """Refuse connections."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def lines(self) -> list[str]:
        """All lines of all messages."""
        return [line for message in self.messages for line in message["message"].splitlines()]
