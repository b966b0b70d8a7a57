"""Reads kombu's envelope as far as it takes to hand a task's messages on in lots."""

from base64 import b64decode
from typing import Annotated, Literal, NamedTuple

import msgspec

#: Characters of a task's id or name at most. Workers remember the ids of calls that have expired.
ID_LENGTH = 255

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=ID_LENGTH)]
_EMPTY = msgspec.Meta(max_length=0)
_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]


class Lot(NamedTuple):
    """Messages of one task that came together, oldest first: for each its delivery's tag, task id and body."""

    tags: list[str]
    ids: list[str]
    bodies: list[bytes]


class _Headers(msgspec.Struct, gc=False):
    """What Celery reads, each of the type that a client sends; what asks for more than a run is null or absent."""

    task: _Name
    id: _Name
    lang: str | None = None
    root_id: str | None = None
    origin: str | None = None
    ignore_result: bool | None = None
    retries: Literal[0] | None = None
    timelimit: tuple[None, None] | None = None
    argsrepr: str | None = None
    kwargsrepr: str | None = None
    parent_id: str | None = None
    shadow: str | None = None
    meth: str | None = None
    traceparent: str | None = None
    tracestate: str | None = None
    baggage: str | None = None
    replaced_task_nesting: _Count | None = None
    group_index: _Count | None = None
    eta: None = None
    expires: None = None
    group: None = None
    compression: None = None
    stamped_headers: Annotated[list[str], _EMPTY] | None = None
    stamps: Annotated[dict[str, str], _EMPTY] | None = None
    # Not headers at all, but what would change the task's request.
    args: None = None
    callbacks: None = None
    called_directly: None = None
    chain: None = None
    children: None = None
    chord: None = None
    clear: None = None
    correlation_id: None = None
    delivery_info: None = None
    errbacks: None = None
    get: None = None
    headers: None = None
    hostname: None = None
    is_eager: None = None
    kwargs: None = None
    logfile: None = None
    loglevel: None = None
    properties: None = None
    reply_to: None = None
    soft_time_limit: None = None
    taskset: None = None
    time_limit: None = None
    update: None = None
    utc: None = None


class _Delivery(msgspec.Struct, gc=False):
    exchange: str | None = None
    routing_key: str | None = None
    priority: _Count | None = None
    redelivered: bool | None = None


class _Properties(msgspec.Struct, gc=False):
    correlation_id: str | None = None
    delivery_mode: _Count | None = None
    delivery_info: _Delivery | None = None
    priority: _Count | None = None
    body_encoding: str | None = None
    reply_to: str | None = None
    expiration: str | None = None


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
            envelope.content_type != "application/json"
            or envelope.content_encoding != "utf-8"
            or envelope.properties.body_encoding != "base64"
        ):
            return None
        return headers.task, headers.id, b64decode(envelope.body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
