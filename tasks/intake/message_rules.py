"""What each queue accepts: one table, by which each message is judged before Celery's own code reads it.

Celery takes what it finds in a message for what a Celery client wrote. It runs any registered task, sends whatever
callbacks name, kills pool processes by time limits that came with a message, and fails on a header of another type
where nobody expects it: in its event loop, or with a place in its pool taken for ever.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any, NamedTuple

from celery.app.task import Context
from celery.utils.time import maybe_iso8601, maybe_make_aware, timezone

from config.celery import AGGS, CLOCK, REFERENCE
from leaderboard.brief import brief
from tasks.fastlane.consuming.messages import ID_LENGTH
from tasks.fastlane.sending.payload import EMBED
from tasks.message_limits import MAX_BODY, MAX_COUNTDOWN, MAX_DEPTH, MAX_EMPTY_BODY, MAX_RETRIES, MIN_TIME_LIMIT


@dataclass(frozen=True)
class Accepted:
    """What one queue accepts.

    Attributes:
        tasks: names of those that it runs.
        body_max: bytes of a message's body at most.
        options: whether a message may ask for more than to be run: a countdown, a group, stamps, arguments.
        retries: attempts before this one, at most; each but the first may have waited.
        runs_at_most: seconds after which a process that is at one of its tasks is taken to hang.
        called_back: names of tasks that may run in the place of the queue's own, with time limits, and that
            messages may have follow on themselves.
    """

    tasks: frozenset[str]
    body_max: int = MAX_EMPTY_BODY
    options: bool = False
    retries: int = 0
    runs_at_most: float = 30.0
    called_back: frozenset[str] = field(default=frozenset())


#: By queue. The queue of bars runs bars, and what ``QUEUE_TASKS`` names; the others take their own tasks as beat,
#: a retry and operators send them.
QUEUES: Mapping[str, Accepted] = {
    AGGS: Accepted(
        frozenset({"tasks.process_agg"}), body_max=MAX_BODY, options=True, retries=MAX_RETRIES, runs_at_most=120.0
    ),
    CLOCK: Accepted(frozenset({"tasks.publish_snapshot", "tasks.reset_day", "tasks.reset_open"})),
    REFERENCE: Accepted(
        frozenset({"tasks.fetch_reference", "tasks.warm_reference"}), retries=MAX_RETRIES, runs_at_most=900.0
    ),
}


class _Kind(NamedTuple):
    """A type of values, as JSON brings them."""

    what: str
    fits: Callable[[Any], bool]


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
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_limit, value))


def _is_limit(value: Any) -> bool:
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


_TEXT = _Kind("text", _is_text)
_NAME = _Kind(f"text of 1 to {ID_LENGTH} characters", _is_name)
_COUNT = _Kind("a whole number from 0", _is_count)
_FLAG = _Kind("true or false", _is_flag)

#: The headers that Celery and its instrumentation read, in both versions of its protocol.
HEADERS: Mapping[str, _Kind] = {
    "task": _NAME,
    "id": _NAME,
    **dict.fromkeys(("lang", "meth", "shadow", "root_id", "parent_id", "group", "argsrepr", "kwargsrepr"), _TEXT),
    **dict.fromkeys(("origin", "eta", "expires", "traceparent", "tracestate", "baggage"), _TEXT),
    **dict.fromkeys(("retries", "group_index", "replaced_task_nesting"), _COUNT),
    "ignore_result": _FLAG,
    "timelimit": _Kind("two numbers of seconds", _is_limits),
    "stamped_headers": _Kind("a list of names", _are_names),
    "stamps": _Kind("an object of texts and numbers", _are_stamps),
    "compression": _Kind("nothing", lambda value: value is None),
}
#: What becomes attributes of a task's request if it comes as a header, and is none: ``callbacks`` beside
#: ``_protected`` and ``update``. Any other name is a custom header, which nobody reads.
NO_HEADERS = frozenset(dir(Context)) - HEADERS.keys()
#: The properties that Celery and kombu read. A delivery's tag has been read by then.
PROPERTIES: Mapping[str, _Kind] = {
    **dict.fromkeys(("reply_to", "correlation_id", "body_encoding", "expiration"), _TEXT),
    **dict.fromkeys(("priority", "delivery_mode"), _COUNT),
    "delivery_info": _Kind("an object of an exchange and a routing key", _is_delivery),
}
# What the body of the first version of the protocol holds beside what are headers in the second.
_OLD_BODY: Mapping[str, _Kind] = {"utc": _FLAG, "taskset": _TEXT}
# Headers that a call without options has empty.
_OPTIONS = ("shadow", "group", "group_index", "stamped_headers", "stamps", "replaced_task_nesting")
# What a signature may ask of the call that it becomes.
_SIGNATURE_OPTIONS = frozenset(
    {
        *("task_id", "root_id", "parent_id", "group_id", "group_index", "reply_to", "priority", "retries"),
        *("countdown", "eta", "expires", "ignore_result", "link", "link_error", "chain", "chord"),
        *("time_limit", "soft_time_limit"),
    }
)


def queues(queue_tasks: tuple[str, ...]) -> Mapping[str, Accepted]:
    """The table, with what a deployment adds to the queue of bars."""
    bars = QUEUES[AGGS]
    named = frozenset(queue_tasks)
    return {**QUEUES, AGGS: replace(bars, tasks=bars.tasks | named, called_back=named)}


def refusal(
    accepted: Accepted, headers: Any, properties: Any, payload: Any, now: Callable[[], float]
) -> str | None:
    """Why a message is refused; None where it is accepted.

    Args:
        accepted: by its queue.
        headers, properties: the message's.
        payload: its body, decoded.
        now: tells the time, Unix seconds; asked where the message is to wait.
    """
    if not isinstance(headers, dict) or not isinstance(properties, dict):
        return "message: its headers or properties are no object"
    if _deeper_than(MAX_DEPTH, (headers, properties)):
        return f"message: nested deeper than {MAX_DEPTH} levels"
    kinds: Mapping[str, _Kind] = HEADERS
    if isinstance(payload, dict) and "args" in payload:
        # The first version of the protocol, which old clients speak, or a mixture of both.
        kinds = {**HEADERS, **_OLD_BODY}
        old = {name: value for name, value in payload.items() if name not in ("args", "kwargs", *EMBED)}
        headers = {**old, **headers}
        embed = {name: payload.get(name) for name in EMBED}
        payload = [payload["args"], payload.get("kwargs", {}), embed]
    return (
        _header_fault(headers, kinds)
        or _fault_of(properties, PROPERTIES, "property")
        or _time_fault(headers, now)
        or _task_fault(accepted, headers)
        or _body_fault(payload)
        or _options_fault(accepted, headers["task"], payload[2])
        or (f"body: nested deeper than {MAX_DEPTH} levels" if _deeper_than(MAX_DEPTH, payload) else None)
        or (None if accepted.options else _asked_fault(headers, payload))
        or _follower_fault(accepted, headers["task"], payload)
    )


def _header_fault(headers: dict[str, Any], kinds: Mapping[str, _Kind]) -> str | None:
    for name in ("task", "id"):
        if name not in headers:
            return f"message: it has no header {name}"
    for name in headers:
        if name in NO_HEADERS and name not in kinds:
            return f"message: {brief(name)} is no header"
    return _fault_of(headers, kinds, "header")


def _fault_of(values: dict[str, Any], kinds: Mapping[str, _Kind], what: str) -> str | None:
    for name, kind in kinds.items():
        if name in values and not kind.fits(values[name]):
            return f"message: {what} {name} is {kind.what}, got {brief(values[name])}"
    return None


def _time_fault(headers: dict[str, Any], now: Callable[[], float]) -> str | None:
    for name in ("eta", "expires"):
        try:
            at = _time_of(headers.get(name))
        except (ValueError, OverflowError, TypeError):
            return f"message: header {name} is a time, got {brief(headers[name])}"
        if name == "eta" and at is not None and (wait := at - now()) > MAX_COUNTDOWN:
            return f"message: to be held for {wait:,.0f} s, more than {MAX_COUNTDOWN}"
    return None


def _time_of(text: str | None) -> float | None:
    moment = maybe_iso8601(text)
    # By way of the system's time, as Celery, which drops what does not fit that.
    return timezone.to_system(maybe_make_aware(moment)).timestamp() if moment else None


def _task_fault(accepted: Accepted, headers: dict[str, Any]) -> str | None:
    task = headers["task"]
    if task not in accepted.tasks:
        return f"message: its queue runs no task {brief(task)}"
    limits = [limit for limit in headers.get("timelimit") or () if limit]
    if limits and task not in accepted.called_back:
        return f"message: {task} takes no time limit from a message"
    if limits and min(limits) < MIN_TIME_LIMIT:
        return f"message: a time limit of {min(limits)} s, less than {MIN_TIME_LIMIT:.0f}"
    if (headers.get("retries") or 0) > accepted.retries:
        return f"message: attempt {headers['retries'] + 1} of {task}, more than {accepted.retries + 1}"
    return None


def _asked_fault(headers: dict[str, Any], payload: Any) -> str | None:
    """What a message asks for beside that its task be run."""
    task = headers["task"]
    if payload[0] or payload[1]:
        return f"message: {task} takes no arguments"
    for name in _OPTIONS:
        if headers.get(name):
            return f"message: {task} takes no {name}"
    if headers.get("eta") and not headers.get("retries"):
        return f"message: {task} takes no countdown"
    return None


def _body_fault(payload: Any) -> str | None:
    """What is wrong with the shape of a body of ``[args, kwargs, options]``."""
    if not isinstance(payload, list | tuple) or [type(part) for part in payload] != [list, dict, dict]:
        return "body: not the [args, kwargs, options] of a Celery task"
    return None


def _options_fault(accepted: Accepted, task: str, embed: dict[str, Any]) -> str | None:
    for name, value in embed.items():
        if name not in EMBED:
            return f"body: {brief(name)} is no option of a Celery task"
        if value is not None and not isinstance(value, dict if name == "chord" else list):
            return f"body: option {name}, got {brief(value)}"
        if value and not accepted.called_back:
            return f"message: {task} takes no {name}"
    return None


def _follower_fault(accepted: Accepted, task: str, payload: Any) -> str | None:
    """What is wrong with the calls that are to follow on this one, or that Celery's own tasks are to make."""
    args, kwargs, embed = payload
    parts = [embed, args, kwargs] if task.startswith("celery.") else [embed]
    return _signature_fault(accepted.called_back, parts)


def _signature_fault(named: frozenset[str], parts: list[Any]) -> str | None:
    """What is wrong with the signatures in these parts of a message, however they are nested."""
    while parts:
        part = parts.pop()
        if isinstance(part, list | tuple):
            parts += part
        if not isinstance(part, dict):
            continue
        parts += part.values()
        if isinstance(part.get("task"), str) and part["task"] not in named:
            return f"message: nothing may call back {brief(part['task'])}"
        options = part.get("options") if part.keys() & {"task", "subtask_type"} else None
        if isinstance(options, dict) and (fault := _call_fault(options)):
            return fault
    return None


def _call_fault(options: dict[str, Any]) -> str | None:
    for name, value in options.items():
        if name not in _SIGNATURE_OPTIONS:
            return f"message: a call back takes no {brief(name)}"
        if name.endswith("time_limit") and value and not (_is_limit(value) and value >= MIN_TIME_LIMIT):
            return f"message: {name} of a call back, got {brief(value)}"
    return None


def _deeper_than(levels: int, value: Any) -> bool:
    level = [value]
    while level and levels:
        parts = (each.values() if isinstance(each, dict) else each for each in level)
        level = [part for each in parts for part in each if isinstance(part, dict | list)]
        levels -= 1
    return bool(level)
