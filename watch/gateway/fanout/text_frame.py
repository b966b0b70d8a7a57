"""A WebSocket text frame (RFC 6455), encoded once for all clients, as is its compressed form (RFC 7692)."""

import struct
import zlib

#: The window of the compression, as a power of two: one that every client's offer allows.
WINDOW_BITS = 12
# Below this size in bytes, compression saves less than it costs.
_WORTH_COMPRESSING = 4096

_TEXT = 0x81
_COMPRESSED = 0x40
_EMPTY_BLOCK = b"\x00\x00\xff\xff"


class TextFrame:
    """A text message in one frame.

    Args:
        payload: the text, in UTF-8.
        level: of the compression, 1 to 9. Higher ones make boards hardly shorter, and take longer.

    Attributes:
        plain: header and payload.
    """

    __slots__ = ("_deflated", "_level", "_payload", "plain")

    def __init__(self, payload: bytes, level: int = 1) -> None:
        self._payload = payload
        self._level = level
        self._deflated: bytes | None = None
        self.plain = _header(_TEXT, len(payload)) + payload

    def deflated(self) -> bytes:
        """Header and compressed payload, or :attr:`plain` if the payload is short. It needs no earlier message."""
        if len(self._payload) < _WORTH_COMPRESSING:
            return self.plain
        if self._deflated is None:
            deflate = zlib.compressobj(level=self._level, wbits=-WINDOW_BITS)
            data = deflate.compress(self._payload) + deflate.flush(zlib.Z_SYNC_FLUSH)
            data = data.removesuffix(_EMPTY_BLOCK)
            self._deflated = _header(_TEXT | _COMPRESSED, len(data)) + data
        return self._deflated


def is_utf8(payload: bytes) -> bool:
    """Whether a text frame may hold it. A client closes the connection over any other (RFC 6455, section 8.1)."""
    if payload.isascii():
        return True
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


def _header(first: int, length: int) -> bytes:
    if length < 126:
        return bytes((first, length))
    if length < 65_536:
        return struct.pack("!BBH", first, 126, length)
    return struct.pack("!BBQ", first, 127, length)
