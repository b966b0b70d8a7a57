"""Messages that nobody should send, as they lie in the queue of bars, each with a part of its refusal's reason."""

import base64
import json
import pickle
import zlib
from typing import Any

from tests.support.market import bar

_EVENT = bar("EVIL", "09:30:00")


def envelope(body: bytes, content_type: str = "application/json", **headers: Any) -> bytes:
    """A message as a stock client of Celery puts it into its list."""
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-encoding": "utf-8",
            "content-type": content_type,
            "headers": {"lang": "py", "task": "tasks.process_agg", "id": "0", "retries": 0} | headers,
            "properties": {
                "body_encoding": "base64",
                "delivery_tag": "0",
                "delivery_info": {"exchange": "", "routing_key": "aggs"},
                "delivery_mode": 2,
                "priority": 0,
            },
        }
    ).encode()


def call(event: Any) -> bytes:
    """The body of a call with this event."""
    return json.dumps([[event], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]).encode()


_DEEP = b"[" * 10_000 + b"]" * 10_000

HOSTILE: dict[str, tuple[bytes, str]] = {
    "10 MB event": (envelope(call(_EVENT | {"note": "x" * 10_000_000})), "bytes, more than"),
    "100 KB event": (envelope(call(_EVENT | {"note": "x" * 100_000})), "bytes, more than"),
    "40 KB event": (envelope(call(_EVENT | {"note": "x" * 40_000})), "bytes, more than"),
    "symbol of 10,000 characters": (envelope(call(_EVENT | {"sym": "X" * 10_000})), "symbol"),
    "event nested 10,000 deep": (
        envelope(b'[[{"sym":' + _DEEP + b"}],{},{}]"),
        "message: its body cannot be read",
    ),
    "event nested 1,000 deep": (envelope(call(json.loads("[" * 900 + "]" * 900))), "nested deeper than"),
    "envelope nested 10,000 deep": (b'{"headers":' + _DEEP + b"}", "message: RecursionError"),
    "pickle": (envelope(pickle.dumps(([_EVENT], {}, {})), "application/x-python-serialize"), "Refusing to"),
    "yaml": (envelope(b"[[{sym: A, c: 1}], {}, {}]", "application/x-yaml"), "Refusing to"),
    "compressed 10 MB": (
        envelope(zlib.compress(call(_EVENT | {"note": "x" * 10_000_000})), compression="application/x-gzip"),
        "message: ValueError: compressed",
    ),
    "unknown content type": (envelope(call(_EVENT), "application/x-nothing"), "message: "),
    "unknown task": (envelope(call(_EVENT), task="os.system"), "its queue runs no task 'os.system'"),
    "task that is a list": (envelope(call(_EVENT), task=[]), "message: header task is text"),
    "run in the year 9999": (
        envelope(call(_EVENT), eta="9999-12-31T23:59:59+00:00"),
        "message: to be held for",
    ),
    "run at no time": (envelope(call(_EVENT), eta="0001-01-01T00:00:00+23:59"), "message: header eta is a time"),
    "run when it is true": (envelope(call(_EVENT), eta=True), "message: header eta is text"),
    "expired at no time": (envelope(call(_EVENT), expires=[]), "message: header expires is text"),
    "no id": (envelope(call(_EVENT)).replace(b'"id": "0", ', b""), "message: it has no header id"),
    "no task": (envelope(call(_EVENT), task=None), "message: header task is text"),
    "body that is no JSON": (envelope(b"\x80\x81{{{"), "its body cannot be read"),
    "invalid base64": (envelope(b"").replace(b'"body": ""', b'"body": "A"'), "message: Error"),
    "body that is a number": (envelope(b"").replace(b'"body": ""', b'"body": 17'), "message: "),
    "headers that are a list": (b'{"body": "", "headers": [], "properties": {"delivery_tag": "0"}}', "message: "),
    "no JSON": (b"\x80\x04\x95no JSON", "message: "),
    "nothing": (b"", "message: "),
}
