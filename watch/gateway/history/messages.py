"""What the gateway and the processes that query history for it say to each other over pipes.

A message is its length in four bytes, then MessagePack.
"""

import struct
from pathlib import Path
from typing import Protocol

import msgspec
from msgspec import Struct

_LENGTH = struct.Struct("!I")
#: Bytes of a message's length.
HEADER = _LENGTH.size


class Reply(Struct, frozen=True):
    """What became of a query.

    Attributes:
        status: as of HTTP: 200, or why there is no answer.
        body: the answer; else a sentence that says why there is none.
    """

    status: int
    body: bytes


#: What a process sends once it can answer queries.
READY = Reply(200, b"ready")


class Query(Protocol):
    """A question about recorded history. It is a struct with a tag (:mod:`watch.gateway.history.queries`)."""

    def answer(self, folder: Path) -> bytes:
        """Answer it, in a process of the pool.

        Args:
            folder: where history is recorded.

        Raises:
            history.errors.HistoryError: there is no answer; the text says why.
        """


_encode = msgspec.msgpack.Encoder().encode
_REPLY = msgspec.msgpack.Decoder(Reply)


def framed(message: Struct) -> bytes:
    """A message as it is sent."""
    payload = _encode(message)
    return _LENGTH.pack(len(payload)) + payload


def length(header: bytes) -> int:
    """The bytes of the message that follows."""
    return int(_LENGTH.unpack(header)[0])


def reply(payload: bytes) -> Reply:
    """The reply that a message holds."""
    return _REPLY.decode(payload)
