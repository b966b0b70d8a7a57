"""Attacks by clients of the gateway, with and without the key."""

import json
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from itertools import count, cycle

from leaderboard.boards import BOARDS
from tests.chaos.attacks.target import Target
from tests.support.watch.raw_websocket import CLOSE, CONTINUATION, PING, TEXT, frame, raw, upgrade, websocket

# What each flood sends as fast as it is taken.
_PINGS = frame(PING) * 1000
_EMPTY = frame(TEXT, final=False) + frame(CONTINUATION, final=False) * 1000 + frame(CONTINUATION)
_WRONG = frame(TEXT, b'{"action":"none"}') * 1000


def pings(target: Target) -> None:
    """Without the key, ping on one connection after the other."""
    _flood(target, lambda: _PINGS)


def floods(target: Target) -> None:
    """With the key, send empty continuations and wrong messages in turn, on one connection after the other."""
    kinds = cycle([_EMPTY, _WRONG])
    _flood(target, lambda: next(kinds), _auth(target))


def reconnecting(target: Target) -> None:
    """Complete a handshake, send some frames and disconnect, as fast as possible."""
    while time.monotonic() < target.until:
        with suppress(OSError), raw(target.port) as client:
            client.sendall(upgrade() + _PINGS)


def half_open(target: Target) -> None:
    """Open as many connections as possible, and send no request or only part of one."""
    sent = cycle([b"", b"GET / HT", upgrade()[:-2]])
    with ExitStack() as stack:
        while time.monotonic() < target.until:
            try:
                client = socket.create_connection(("127.0.0.1", target.port), timeout=1)
                stack.callback(client.close)
                client.sendall(next(sent))
            except OSError:
                # The process cannot open more files.
                time.sleep(0.1)


def no_reading(target: Target) -> None:
    """Ask for boards again and again and read nothing: over HTTP, over WebSockets, and such that say goodbye."""
    board = BOARDS[0]
    asking = f"GET /api/boards/{board.name} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {target.key}\r\n\r\n" * 50
    getting = frame(TEXT, json.dumps({"action": "get", "cache": board.scanner}).encode()) * 50
    with ExitStack() as stack:
        for n in count():
            if time.monotonic() > target.until:
                return
            with suppress(OSError, AssertionError):
                if n % 3 == 0:
                    stack.enter_context(raw(target.port, receive_buffer=4096)).sendall(asking.encode())
                else:
                    client = stack.enter_context(websocket(target.port, receive_buffer=4096))
                    client.sendall(_auth(target) + getting)
                    if n % 3 == 2:
                        client.sendall(frame(CLOSE, b"\x03\xe8"))
            time.sleep(0.02)


def guesses(target: Target) -> None:
    """Guess the key, as fast as the gateway answers."""
    for n in count():
        if time.monotonic() > target.until:
            return
        request = f"GET /api/status HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: guess-{n}\r\n\r\n".encode()
        with suppress(OSError), raw(target.port) as client:
            for _ in range(100):
                client.sendall(request)
                client.recv(4096)


def _auth(target: Target) -> bytes:
    return frame(TEXT, json.dumps({"action": "auth", "api_key": target.key}).encode())


def _flood(target: Target, next_piece: Callable[[], bytes], first: bytes = b"") -> None:
    while time.monotonic() < target.until:
        # The gateway is meant to cut it off.
        with suppress(OSError, AssertionError), websocket(target.port) as client:
            client.sendall(first)
            while time.monotonic() < target.until:
                client.sendall(next_piece())
