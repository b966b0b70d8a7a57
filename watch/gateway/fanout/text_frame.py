"""A message's WebSocket frame (RFC 6455), made once for all clients, as is its compressed form (RFC 7692)."""

import struct
import zlib

#: The window with which messages are compressed, as a power of two: one that every client's offer allows.
WINDOW_BITS = 12
#: Bytes below which compressing saves less than it costs.
_WORTH_COMPRESSING = 4096

_TEXT = 0x81
_COMPRESSED = 0x40
_EMPTY_BLOCK = b"\x00\x00\xff\xff"


class TextFrame:
    """A text message.

    Attributes:
        plain: header and payload.
    """

    __slots__ = ("_deflated", "_payload", "plain")

    def __init__(self, payload: bytes) -> None:
        self._payload = payload
        self._deflated: bytes | None = None
        self.plain = _header(_TEXT, len(payload)) + payload

    def deflated(self) -> bytes:
        """Header and compressed payload, where that is worth it. Every message stands by itself."""
        if len(self._payload) < _WORTH_COMPRESSING:
            return self.plain
        if self._deflated is None:
            # Of a level more than the first the lines get hardly shorter and the wait longer.
            deflate = zlib.compressobj(level=1, wbits=-WINDOW_BITS)
            data = deflate.compress(self._payload) + deflate.flush(zlib.Z_SYNC_FLUSH)
            data = data.removesuffix(_EMPTY_BLOCK)
            self._deflated = _header(_TEXT | _COMPRESSED, len(data)) + data
        return self._deflated


def _header(first: int, length: int) -> bytes:
    if length < 126:
        return bytes((first, length))
    if length < 65_536:
        return struct.pack("!BBH", first, 126, length)
    return struct.pack("!BBQ", first, 127, length)
