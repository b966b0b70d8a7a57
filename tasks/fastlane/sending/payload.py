"""The body of a task message: ``[args, kwargs, embed]`` as JSON that reads back as what Celery would have sent."""

from collections.abc import Sequence
from types import NoneType
from typing import Any

import msgspec
from kombu import serialization
from kombu.utils import json

#: The third part of a body that has no callbacks, as Celery writes it. Empty, it is the same to its workers.
EMBED = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}

_TAIL = b",{}]"
_NO_KWARGS = b"],{}" + _TAIL
_PLAIN = frozenset({str, int, float, bool, NoneType})
_encode = msgspec.json.Encoder().encode


def is_kombus() -> bool:
    """Whether ``json`` is kombu's own serializer still; projects can register another by that name."""
    encoders = serialization.registry._encoders  # type: ignore[attr-defined]
    return encoders["json"].encoder is json.dumps


def encode(args: Sequence[Any], kwargs: dict[str, Any]) -> bytes:
    """The body of a call.

    Raises:
        kombu.exceptions.EncodeError: an argument is nothing that kombu can put in JSON.
    """
    if len(args) == 1 and not kwargs:
        # Most calls. The general case takes twice as long.
        if (only := _flat(args[0])) is not None:
            return b"[[" + only + _NO_KWARGS
    elif (parts := _all_flat(args)) is not None and (named := _flat(kwargs)) is not None:
        return b"[[" + parts + b"]," + named + _TAIL
    _, _, text = serialization.dumps((args, kwargs, {}), serializer="json")
    return text.encode() if isinstance(text, str) else text


def _all_flat(values: Sequence[Any]) -> bytes | None:
    parts = [part for each in values if (part := _flat(each)) is not None]
    return b",".join(parts) if len(parts) == len(values) else None


def _flat(value: Any) -> bytes | None:
    """JSON of a plain value or of a flat dict; None of whatever kombu alone is sure to write as kombu does."""
    parts: Any
    if type(value) is dict:
        for key, part in value.items():
            if type(part) not in _PLAIN or type(key) is not str:
                return None
        parts = value.values()
    elif type(value) in _PLAIN:
        parts = (value,)
    else:
        return None
    try:
        text = _encode(value)
    except ValueError:
        # Half of a surrogate pair, or an integer of thousands of digits.
        return None
    # msgspec writes null for NaN and the infinities, which kombu does not.
    if b"null" in text and text.count(b"null") != list(parts).count(None):
        return None
    return text
