"""The WebSocket protocol's messages: what clients ask, and what they are told.

A client sends JSON objects in text frames, told apart by ``action``: ``auth`` with ``api_key``, ``subscribe`` and
``unsubscribe`` with ``feed``, ``get`` with ``cache`` and, where only the first are wanted, ``limit``. Members that
the protocol does not know are passed over.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

AUTHORIZED = b'{"status":"authorized"}'
INVALID_KEY = b'{"status":"invalid key"}'
UNAUTHORIZED = b'{"status":"unauthorized"}'

#: Bytes of a message from a client.
LONGEST = 4096


class Auth(Struct, tag_field="action", tag="auth", frozen=True):
    """Who it is that asks."""

    api_key: str


class Subscribe(Struct, tag_field="action", tag="subscribe", frozen=True):
    """Forward what is published on a feed."""

    feed: str


class Unsubscribe(Struct, tag_field="action", tag="unsubscribe", frozen=True):
    """Forward it no longer."""

    feed: str


class Get(Struct, tag_field="action", tag="get", frozen=True):
    """Tell what a key holds; of a board the first `limit` rows."""

    cache: str
    limit: Annotated[int, Meta(ge=1)] | None = None


Request = Auth | Subscribe | Unsubscribe | Get

_REQUEST: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_ARRAY = msgspec.json.Decoder(list[Raw])
_encode = msgspec.json.Encoder().encode


def request_of(message: str | bytes) -> Request:
    """What a client asks.

    Raises:
        msgspec.DecodeError: it is no message of the protocol; its text says why.
    """
    try:
        return _REQUEST.decode(message)
    except RecursionError:
        raise msgspec.DecodeError("JSON is nested too deeply") from None


def subscribed(feed: str) -> bytes:
    return _encode({"status": "subscribed", "feed": feed})


def unsubscribed(feed: str) -> bytes:
    return _encode({"status": "unsubscribed", "feed": feed})


def error(sentence: str) -> bytes:
    """What is wrong with a message; the connection stays."""
    return _encode({"status": "error", "message": sentence})


def cached(key: str, held: bytes | None, limit: int | None) -> bytes:
    """What a key holds, as it was stored.

    Args:
        held: JSON; None: the key does not exist, which is told as null.
        limit: of an array, elements to tell; None: all.
    """
    data = Raw(b"null" if held is None else held)
    if limit is not None and bytes(data)[:1] == b"[":
        return _encode({"cache": key, "data": _ARRAY.decode(data)[:limit]})
    return _encode({"cache": key, "data": data})
