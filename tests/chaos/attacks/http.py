"""Attacks over HTTP."""

import socket
import time
from contextlib import suppress

from tests.chaos.attacks.target import Target


def parameters(target: Target) -> None:
    """With the key, ask for a board with as many parameters as the head of a request holds, again and again."""
    query = "&".join(f"p{n}=1" for n in range(8_000))
    request = (
        f"GET /api/boards/gainers?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {target.key}\r\n\r\n".encode()
    )
    while time.monotonic() < target.until:
        # The gateway is meant to refuse it and cut it off.
        with suppress(OSError), socket.create_connection(("127.0.0.1", target.port), timeout=5) as client:
            client.sendall(request)
            client.recv(65_536)
