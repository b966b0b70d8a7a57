"""Reads kombu's envelope as far as it takes to hand a task's messages on in lots."""

from base64 import b64decode
from typing import Any, NamedTuple

import msgspec


class Lot(NamedTuple):
    """Messages of one task that came together, oldest first: for each its delivery's tag, task id and body."""

    tags: list[str]
    ids: list[str]
    bodies: list[bytes]


class _Headers(msgspec.Struct, gc=False):
    task: str
    id: str
    eta: Any = None
    expires: Any = None
    group: Any = None
    compression: Any = None
    timelimit: Any = None
    stamped_headers: Any = None
    retries: int | None = None


class _Properties(msgspec.Struct, gc=False):
    body_encoding: str | None = None


class Envelope(msgspec.Struct, gc=False):
    """A message as it lies in its list, with those of its parts that matter here."""

    body: str
    headers: _Headers
    properties: _Properties
    content_type: str = msgspec.field(name="content-type")
    content_encoding: str = msgspec.field(name="content-encoding")


_decode = msgspec.json.Decoder(Envelope).decode


def task_message(raw: bytes) -> tuple[str, str, bytes] | None:
    """The task's name, its id and the body of a message that asks for nothing but to run the task.

    None for every other: one that is to run later, or not after some time, or as part of a group, or that is no
    message of a task at all. Those take Celery's own way.
    """
    try:
        envelope = _decode(raw)
        headers = envelope.headers
        if (
            headers.eta is not None
            or headers.expires is not None
            or headers.group is not None
            or headers.compression is not None
            or headers.stamped_headers
            # Which its next attempt counts.
            or headers.retries
            or (headers.timelimit is not None and headers.timelimit != [None, None])
            or envelope.content_type != "application/json"
            or envelope.content_encoding != "utf-8"
            or envelope.properties.body_encoding != "base64"
        ):
            return None
        return headers.task, headers.id, b64decode(envelope.body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
