"""Attacks by large subscriptions."""

import json
import random
import selectors
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from string import ascii_lowercase

from tests.chaos.attacks.target import Target
from tests.support.watch.raw_websocket import TEXT, frame, websocket

#: Seconds after which all subscriptions are replaced.
_AGAIN = 5.0

Feeds = Callable[[int], list[str]]


def quotes(target: Target) -> None:
    """With the key, subscribe 30 connections to 1,000 quotes each, to others every few seconds."""
    _subscribe(target, 30, lambda n: [f"quote:{random.randrange(10**6)}.{n}" for _ in range(1_000)])


def patterns(target: Target) -> None:
    """With the key, subscribe ten connections to 1,000 patterns each, all of which match every symbol."""
    letters = [f"{a}{b}{c}" for a in ascii_lowercase for b in ascii_lowercase for c in ascii_lowercase]
    _subscribe(target, 10, lambda n: [f"quote:*[0-Z{each}]*" for each in random.sample(letters, 1_000)])


def _subscribe(target: Target, clients: int, feeds: Feeds) -> None:
    with ExitStack() as stack, selectors.DefaultSelector() as ready:
        connected = [stack.enter_context(websocket(target.port)) for _ in range(clients)]
        for client in connected:
            client.sendall(_message({"action": "auth", "api_key": target.key}))
            client.setblocking(False)
            ready.register(client, selectors.EVENT_READ)
        while time.monotonic() < target.until:
            for n, client in enumerate(connected):
                names = feeds(n)
                for action in ("subscribe", "unsubscribe"):
                    messages = b"".join(_message({"action": action, "feed": name}) for name in names)
                    # What does not fit is not needed.
                    with suppress(BlockingIOError):
                        client.sendall(messages)
            _read(ready, time.monotonic() + _AGAIN)


def _read(ready: selectors.BaseSelector, until: float) -> None:
    """Read everything, as an honest client does."""
    while (left := until - time.monotonic()) > 0:
        for key, _ in ready.select(left):
            assert isinstance(key.fileobj, socket.socket)
            if not key.fileobj.recv(1 << 20):
                raise ConnectionError("cut off")


def _message(content: dict[str, str]) -> bytes:
    return frame(TEXT, json.dumps(content).encode())
