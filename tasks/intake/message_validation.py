"""Says why a message is invalid, before any of Celery's own code reads it.

Celery trusts what it finds in a message. It runs any registered task, sends whatever callbacks name, kills pool
processes by time limits that came with a message, and fails on headers of another type than it writes.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from celery.utils.time import maybe_iso8601, maybe_make_aware, timezone

from leaderboard.brief import brief
from leaderboard.reason_kind import ReasonKind
from tasks.fastlane.sending.payload import EMBED
from tasks.intake.header_types import HEADERS, NO_HEADERS, OLD_BODY, PROPERTIES, HeaderType, is_time_limit
from tasks.intake.queue_rules import QueueRules
from tasks.message_limits import MAX_COUNTDOWN, MAX_DEPTH, MIN_TIME_LIMIT

# Headers that are empty in a call without options.
_OPTIONS = ("shadow", "group", "group_index", "stamped_headers", "stamps", "replaced_task_nesting")
# Options that a signature may set on its call.
_SIGNATURE_OPTIONS = frozenset(
    {
        *("task_id", "root_id", "parent_id", "group_id", "group_index", "reply_to", "priority", "retries"),
        *("countdown", "eta", "expires", "ignore_result", "link", "link_error", "chain", "chord"),
        *("time_limit", "soft_time_limit"),
    }
)


class Invalid(NamedTuple):
    """Why a message is invalid: the kind of the reason, and what was wrong with which part."""

    kind: ReasonKind
    reason: str


def invalid_reason(
    rules: QueueRules, headers: Any, properties: Any, payload: Any, now: Callable[[], float]
) -> Invalid | None:
    """Why a message is invalid; None if it is valid.

    Args:
        rules: of its queue.
        headers, properties: the message's.
        payload: its body, decoded.
        now: gives the time in Unix seconds; called only if the message asks for a countdown.
    """
    if not isinstance(headers, dict) or not isinstance(properties, dict):
        return Invalid(ReasonKind.MESSAGE, "message: its headers or properties are no object")
    if _deeper_than(MAX_DEPTH, (headers, properties)):
        return Invalid(ReasonKind.SIZE, f"message: nested deeper than {MAX_DEPTH} levels")
    kinds: Mapping[str, HeaderType] = HEADERS
    if isinstance(payload, dict) and "args" in payload:
        # The first version of the protocol, which old clients speak, or a mixture of both.
        kinds = {**HEADERS, **OLD_BODY}
        old = {name: value for name, value in payload.items() if name not in ("args", "kwargs", *EMBED)}
        headers = {**old, **headers}
        embed = {name: payload.get(name) for name in EMBED}
        payload = [payload["args"], payload.get("kwargs", {}), embed]
    return (
        _invalid_header(headers, kinds)
        or _invalid_value(properties, PROPERTIES, "property")
        or _invalid_time(headers, now)
        or _invalid_task(rules, headers)
        or _invalid_body(payload)
        or _invalid_options(rules, headers["task"], payload[2])
        or _invalid_depth(payload)
        or (None if rules.options else _invalid_request(headers, payload))
        or _invalid_follower(rules, headers["task"], payload)
    )


def _invalid_header(headers: dict[str, Any], kinds: Mapping[str, HeaderType]) -> Invalid | None:
    for name in ("task", "id"):
        if name not in headers:
            return Invalid(ReasonKind.MESSAGE, f"message: it has no header {name}")
    for name in headers:
        if name in NO_HEADERS and name not in kinds:
            return Invalid(ReasonKind.MESSAGE, f"message: {brief(name)} is no header")
    return _invalid_value(headers, kinds, "header")


def _invalid_value(values: dict[str, Any], kinds: Mapping[str, HeaderType], what: str) -> Invalid | None:
    for name, kind in kinds.items():
        if name in values and not kind.matches(values[name]):
            return Invalid(ReasonKind.MESSAGE, f"message: {what} {name} is {kind.what}, got {brief(values[name])}")
    return None


def _invalid_time(headers: dict[str, Any], now: Callable[[], float]) -> Invalid | None:
    for name in ("eta", "expires"):
        try:
            at = _time_of(headers.get(name))
        except (ValueError, OverflowError, TypeError):
            return Invalid(ReasonKind.MESSAGE, f"message: header {name} is a time, got {brief(headers[name])}")
        if name == "eta" and at is not None and (wait := at - now()) > MAX_COUNTDOWN:
            return Invalid(ReasonKind.OPTIONS, f"message: to be held for {wait:,.0f} s, more than {MAX_COUNTDOWN}")
    return None


def _time_of(text: str | None) -> float | None:
    moment = maybe_iso8601(text)
    # Through the system's time, as Celery does, for which some dates are too far away.
    return timezone.to_system(maybe_make_aware(moment)).timestamp() if moment else None


def _invalid_task(rules: QueueRules, headers: dict[str, Any]) -> Invalid | None:
    task = headers["task"]
    if task not in rules.tasks:
        return Invalid(ReasonKind.TASK, f"message: its queue runs no task {brief(task)}")
    limits = [limit for limit in headers.get("timelimit") or () if limit]
    if limits and task not in rules.callbacks:
        return Invalid(ReasonKind.OPTIONS, f"message: {task} takes no time limit from a message")
    if limits and min(limits) < MIN_TIME_LIMIT:
        shortest = f"{min(limits)} s, less than {MIN_TIME_LIMIT:.0f}"
        return Invalid(ReasonKind.OPTIONS, f"message: a time limit of {shortest}")
    if (retries := headers.get("retries") or 0) > rules.retries:
        attempts = f"attempt {retries + 1} of {task}, more than {rules.retries + 1}"
        return Invalid(ReasonKind.OPTIONS, f"message: {attempts}")
    return None


def _invalid_request(headers: dict[str, Any], payload: Any) -> Invalid | None:
    """What a message asks for besides running its task."""
    task = headers["task"]
    if payload[0] or payload[1]:
        return Invalid(ReasonKind.OPTIONS, f"message: {task} takes no arguments")
    for name in _OPTIONS:
        if headers.get(name):
            return Invalid(ReasonKind.OPTIONS, f"message: {task} takes no {name}")
    if headers.get("eta") and not headers.get("retries"):
        return Invalid(ReasonKind.OPTIONS, f"message: {task} takes no countdown")
    return None


def _invalid_body(payload: Any) -> Invalid | None:
    """Why a body is not ``[args, kwargs, options]``."""
    if not isinstance(payload, list | tuple) or [type(part) for part in payload] != [list, dict, dict]:
        return Invalid(ReasonKind.MESSAGE, "body: not the [args, kwargs, options] of a Celery task")
    return None


def _invalid_depth(payload: Any) -> Invalid | None:
    if _deeper_than(MAX_DEPTH, payload):
        return Invalid(ReasonKind.SIZE, f"body: nested deeper than {MAX_DEPTH} levels")
    return None


def _invalid_options(rules: QueueRules, task: str, embed: dict[str, Any]) -> Invalid | None:
    for name, value in embed.items():
        if name not in EMBED:
            return Invalid(ReasonKind.MESSAGE, f"body: {brief(name)} is no option of a Celery task")
        if value is not None and not isinstance(value, dict if name == "chord" else list):
            return Invalid(ReasonKind.MESSAGE, f"body: option {name}, got {brief(value)}")
        if value and not rules.callbacks:
            return Invalid(ReasonKind.OPTIONS, f"message: {task} takes no {name}")
    return None


def _invalid_follower(rules: QueueRules, task: str, payload: Any) -> Invalid | None:
    """Why a callback of this call, or a call that one of Celery's own tasks is to make, is invalid."""
    args, kwargs, embed = payload
    parts = [embed, args, kwargs] if task.startswith("celery.") else [embed]
    return _invalid_signature(rules.callbacks, parts)


def _invalid_signature(named: frozenset[str], parts: list[Any]) -> Invalid | None:
    """Why a signature in these parts of a message, however deeply nested, is invalid."""
    while parts:
        part = parts.pop()
        if isinstance(part, list | tuple):
            parts += part
        if not isinstance(part, dict):
            continue
        parts += part.values()
        if isinstance(part.get("task"), str) and part["task"] not in named:
            return Invalid(ReasonKind.OPTIONS, f"message: nothing may call back {brief(part['task'])}")
        options = part.get("options") if part.keys() & {"task", "subtask_type"} else None
        if isinstance(options, dict) and (invalid := _invalid_call(options)):
            return invalid
    return None


def _invalid_call(options: dict[str, Any]) -> Invalid | None:
    for name, value in options.items():
        if name not in _SIGNATURE_OPTIONS:
            return Invalid(ReasonKind.OPTIONS, f"message: a call back takes no {brief(name)}")
        if name.endswith("time_limit") and value and not (is_time_limit(value) and value >= MIN_TIME_LIMIT):
            return Invalid(ReasonKind.OPTIONS, f"message: {name} of a call back, got {brief(value)}")
    return None


def _deeper_than(levels: int, value: Any) -> bool:
    level = [value]
    while level and levels:
        parts = (each.values() if isinstance(each, dict) else each for each in level)
        level = [part for each in parts for part in each if isinstance(part, dict | list)]
        levels -= 1
    return bool(level)
