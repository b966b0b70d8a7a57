"""The headers and properties that Celery and kombu read from a message, and the type of each.

On a header of another type Celery fails where nobody expects it: in its event loop, or with a slot of its pool
taken for good.
"""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, NamedTuple

from celery.app.task import Context

from tasks.fastlane.consuming.messages import ID_LENGTH


class HeaderType(NamedTuple):
    """A type of values, as JSON brings them: its name in messages, and its check."""

    what: str
    matches: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= ID_LENGTH


def _is_count(value: Any) -> bool:
    return value is None or (type(value) is int and 0 <= value < 2**31)


def _is_flag(value: Any) -> bool:
    return value is None or isinstance(value, bool)


def _is_limits(value: Any) -> bool:
    if value is None:
        return True
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(is_time_limit, value))


def is_time_limit(value: Any) -> bool:
    """Whether a value is a number of seconds, or none."""
    return value is None or (type(value) in (int, float) and isfinite(value) and value >= 0)


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _are_names(value: Any) -> bool:
    return value is None or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def _are_stamps(value: Any) -> bool:
    if value is None:
        return True
    return isinstance(value, dict) and all(
        all(map(_is_scalar, each)) if isinstance(each, list) else _is_scalar(each) for each in value.values()
    )


def _is_delivery(value: Any) -> bool:
    return value is None or (
        isinstance(value, dict)
        and _is_text(value.get("exchange"))
        and _is_text(value.get("routing_key"))
        and _is_count(value.get("priority"))
        and _is_flag(value.get("redelivered"))
    )


_TEXT = HeaderType("text", _is_text)
_NAME = HeaderType(f"text of 1 to {ID_LENGTH} characters", _is_name)
_COUNT = HeaderType("a whole number from 0", _is_count)
_FLAG = HeaderType("true or false", _is_flag)

#: The headers that Celery and its instrumentation read, in both versions of its protocol.
HEADERS: Mapping[str, HeaderType] = {
    "task": _NAME,
    "id": _NAME,
    **dict.fromkeys(("lang", "meth", "shadow", "root_id", "parent_id", "group", "argsrepr", "kwargsrepr"), _TEXT),
    **dict.fromkeys(("origin", "eta", "expires", "traceparent", "tracestate", "baggage"), _TEXT),
    **dict.fromkeys(("retries", "group_index", "replaced_task_nesting"), _COUNT),
    "ignore_result": _FLAG,
    "timelimit": HeaderType("two numbers of seconds", _is_limits),
    "stamped_headers": HeaderType("a list of names", _are_names),
    "stamps": HeaderType("an object of texts and numbers", _are_stamps),
    "compression": HeaderType("nothing", lambda value: value is None),
}
#: Names that no header may have: Celery would set them as attributes of a task's request, such as ``callbacks`` or
#: ``update``. Any other name is a custom header, which nobody reads.
NO_HEADERS = frozenset(dir(Context)) - HEADERS.keys()
#: The properties that Celery and kombu read, but for the delivery tag, which kombu has read before.
PROPERTIES: Mapping[str, HeaderType] = {
    **dict.fromkeys(("reply_to", "correlation_id", "body_encoding", "expiration"), _TEXT),
    **dict.fromkeys(("priority", "delivery_mode"), _COUNT),
    "delivery_info": HeaderType("an object of an exchange and a routing key", _is_delivery),
}
#: Further headers of the first version of the protocol, which has them in the body.
OLD_BODY: Mapping[str, HeaderType] = {"utc": _FLAG, "taskset": _TEXT}
