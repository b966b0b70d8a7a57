"""The messages of the WebSocket: what clients ask, and what they are answered.

A client sends JSON objects in text frames. ``action`` tells them apart: ``auth`` with ``api_key``, ``subscribe``
and ``unsubscribe`` with ``feed``, ``get`` with ``cache`` and optionally ``limit``, ``hello`` with ``envelope``. To
``subscribe``, ``mode`` can be added, ``whole`` or ``delta``, and to the latter ``fields`` and ``limit``. Unknown
members are ignored.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Raw, Struct

AUTHORIZED = b'{"status":"authorized"}'
INVALID_KEY = b'{"status":"invalid key"}'
UNAUTHORIZED = b'{"status":"unauthorized"}'


class Auth(Struct, tag_field="action", tag="auth", frozen=True):
    """Authenticate."""

    api_key: str


class Subscribe(Struct, tag_field="action", tag="subscribe", frozen=True):
    """Forward what is published on a feed from now on, or of a board or screen what changes.

    Attributes:
        feed: its name.
        mode: what is forwarded.
        fields: of changes: names of the rows' fields, besides the symbol; None: all.
        limit: of changes: rows at most, best first; None: all.
    """

    feed: str
    mode: Literal["whole", "delta"] = "whole"
    fields: list[str] | None = None
    limit: Annotated[int, Meta(ge=1)] | None = None


class Unsubscribe(Struct, tag_field="action", tag="unsubscribe", frozen=True):
    """Stop forwarding it."""

    feed: str


class Get(Struct, tag_field="action", tag="get", frozen=True):
    """Read what a key holds; of a board, the first `limit` rows."""

    cache: str
    limit: Annotated[int, Meta(ge=1)] | None = None


class Hello(Struct, tag_field="action", tag="hello", frozen=True):
    """Say whether publications should come in envelopes that name their feed."""

    envelope: bool = False


Request = Auth | Subscribe | Unsubscribe | Get | Hello

_REQUEST: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Request)
_ARRAY = msgspec.json.Decoder(list[Raw])
_encode = msgspec.json.Encoder().encode


def parse(message: str | bytes) -> Request:
    """What a client asks.

    Raises:
        msgspec.DecodeError: it is no message of the protocol; the text says why.
    """
    try:
        return _REQUEST.decode(message)
    except RecursionError:
        raise msgspec.DecodeError("JSON is nested too deeply") from None


def subscribed(feed: str) -> bytes:
    return _encode({"status": "subscribed", "feed": feed})


def following(feed: str) -> bytes:
    """Deltas come from now on, after the whole board."""
    return _encode({"status": "subscribed", "feed": feed, "mode": "delta"})


def unsubscribed(feed: str) -> bytes:
    return _encode({"status": "unsubscribed", "feed": feed})


def welcome(envelope: bool) -> bytes:
    return _encode({"status": "hello", "envelope": envelope})


def error(sentence: str) -> bytes:
    """What is wrong with a message; the connection stays open."""
    return _encode({"status": "error", "message": sentence})


def cached(key: str, value: bytes | None, limit: int | None) -> bytes:
    """What a key holds, byte for byte.

    Args:
        key: its name.
        value: JSON; None: the key does not exist, and the answer says null.
        limit: elements of an array, at most; None: all.
    """
    data = Raw(b"null" if value is None else value)
    if limit is not None and bytes(data)[:1] == b"[":
        return _encode({"cache": key, "data": _ARRAY.decode(data)[:limit]})
    return _encode({"cache": key, "data": data})
