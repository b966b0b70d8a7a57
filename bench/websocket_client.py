"""The client's side of the WebSocket, as bytes: for clients that are too many to be those of a library."""

import base64
import os
import struct
from typing import Any

import msgspec


def handshake(port: int, extensions: str = "") -> bytes:
    """A request for the gateway's WebSocket, with these extensions."""
    key = base64.b64encode(os.urandom(16)).decode()
    header = f"Sec-WebSocket-Extensions: {extensions}\r\n" if extensions else ""
    return (
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{header}\r\n"
    ).encode()


def subscription(feed: str, **options: Any) -> bytes:
    """A frame that subscribes to a feed.

    Args:
        feed: its name.
        options: more fields of the message.
    """
    payload = msgspec.json.encode({"action": "subscribe", "feed": feed, **options})
    length = len(payload)
    header = struct.pack("!BB", 0x81, 0x80 | length) if length < 126 else struct.pack("!BBH", 0x81, 0xFE, length)
    # The mask is zero, which leaves the payload unchanged.
    return header + bytes(4) + payload
