"""The client's side of the WebSocket, as bytes: for clients that are too many to be those of a library."""

import base64
import os
import struct

import msgspec


def handshake(port: int, extensions: str = "") -> bytes:
    """A request for the gateway's WebSocket, with these extensions."""
    key = base64.b64encode(os.urandom(16)).decode()
    header = f"Sec-WebSocket-Extensions: {extensions}\r\n" if extensions else ""
    return (
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{header}\r\n"
    ).encode()


def subscription(feed: str) -> bytes:
    """A frame that subscribes to a feed, whose name is short."""
    payload = msgspec.json.encode({"action": "subscribe", "feed": feed})
    # The mask is zero, which leaves the payload unchanged.
    return struct.pack("!BBI", 0x81, 0x80 | len(payload), 0) + payload
