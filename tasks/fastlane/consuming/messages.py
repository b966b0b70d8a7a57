"""Reads messages as far as it takes to run them in a batch.

A message is kombu's envelope, JSON with headers and properties, around a body in base64, which is JSON too: the
arguments and what is to follow on the call. Only messages that ask for nothing but to run their task can be
batched.
"""

from typing import Annotated, Any, Literal

import msgspec

from tasks.fastlane.call import Call

#: Characters of a task's id or name at most. Workers remember the ids of calls that have expired.
ID_LENGTH = 255

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=ID_LENGTH)]
_EMPTY = msgspec.Meta(max_length=0)
_Count = Annotated[int, msgspec.Meta(ge=0, lt=2**31)]


class _Headers(msgspec.Struct, gc=False):
    """The headers that Celery reads, as clients send them. Those that ask for more than a run are null."""

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
    protected: None = msgspec.field(default=None, name="_protected")


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


class _Envelope(msgspec.Struct, gc=False):
    """A message as it lies in its list, with the parts that matter here."""

    # In base64.
    body: bytes
    headers: _Headers
    properties: _Properties
    content_type: str = msgspec.field(name="content-type")
    content_encoding: str = msgspec.field(name="content-encoding")


class _Embed(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A body's options, which say what is to follow on the call: nothing."""

    callbacks: None = None
    errbacks: None = None
    chain: None = None
    chord: None = None


_decode_envelope = msgspec.json.Decoder(_Envelope).decode
# Arguments, keyword arguments, and options.
_decode_body = msgspec.json.Decoder(tuple[msgspec.Raw, dict[str, Any], _Embed]).decode

# Bytes of arguments that are decoded at once. A shorter text has no integer of more digits than Python reads.
_LONG = 4_000


def task_message(raw: bytes) -> tuple[str, str, bytes, str | None] | None:
    """The task's name, its id, body and `traceparent`, of a message that asks for nothing but to run the task.

    None for every other message: one with a countdown, an expiry or a group, and one that is not of a task at all.
    """
    try:
        envelope = _decode_envelope(raw)
        headers = envelope.headers
        if (
            envelope.content_type != "application/json"
            or envelope.content_encoding != "utf-8"
            or envelope.properties.body_encoding != "base64"
        ):
            return None
    except (ValueError, RecursionError):
        return None
    return headers.task, headers.id, envelope.body, headers.traceparent


def call_of(task_id: str, body: bytes, traceparent: str | None = None) -> Call | None:
    """The call that a body asks for; None if it asks for more than to run the task, or is malformed."""
    if b"__type__" in body:
        # Kombu's JSON makes objects of these.
        return None
    try:
        args, kwargs, _ = _decode_body(body)
    except (ValueError, RecursionError):
        return None
    text = bytes(args)
    if not text.startswith(b"["):
        return None
    call = Call(task_id, text, kwargs, traceparent)
    if len(text) >= _LONG or not text.isascii():
        try:
            # Arguments that cannot be decoded are Celery's to refuse; within a batch it is too late for that.
            call.args  # noqa: B018
        except (ValueError, RecursionError):
            return None
    return call
