"""What a worker does with a message of an event before it becomes a task.

Celery takes a task message's body for sound, and a worker that meets another kind ends, and ends again when the
message comes back. Such a message becomes a dead letter here.
"""

import logging
from collections.abc import Callable
from typing import Any

from celery.worker.strategy import default
from kombu import Message
from kombu.exceptions import DecodeError
from redis.exceptions import RedisError

from config.celery import LARGEST_BODY
from tasks.app import system
from tasks.fastlane.strategy import take_lots

log = logging.getLogger(__name__)

#: Levels of lists and dicts in a message's body. A bar has three; pools that pickle give up at some hundreds.
DEPTH = 32


def guarded(task: Any, app: Any, consumer: Any, **options: Any) -> Callable[..., Any]:
    """The fast lane where the worker has it, and else Celery's own strategy, for messages that it can handle."""
    take_lots(task, consumer, _fits)
    handle = default(task, app, consumer, **options)

    def on_message(message: Message, body: Any, ack: Any, reject: Any, callbacks: Any, **rest: Any) -> Any:
        try:
            payload = message.payload if body is None else body
        except DecodeError:
            # Celery's consumer refuses it, and says so.
            return handle(message, body, ack, reject, callbacks, **rest)
        reason = _fault(payload)
        if reason is None:
            return handle(message, body, ack, reject, callbacks, **rest)
        try:
            system().bury(payload, reason)
        except RedisError as error:
            log.warning("message goes back to its queue: %s", error)
            return reject(log, consumer.connection_errors, requeue=True)
        return ack(log, consumer.connection_errors)

    return on_message


def _fault(payload: Any) -> str | None:
    """What is wrong with the body of a task message, [args, kwargs, options]; None where nothing is."""
    if isinstance(payload, dict) and "args" in payload:
        # The first version of Celery's protocol, which old clients speak.
        payload = [payload["args"], payload.get("kwargs", {}), {}]
    if not isinstance(payload, list | tuple) or [type(part) for part in payload] != [list, dict, dict]:
        return "body: not the [args, kwargs, options] of a Celery task"
    if _deeper_than(DEPTH, payload):
        return f"body: nested deeper than {DEPTH} levels"
    return None


def _fits(body: bytes) -> bool:
    """Whether the body is of a size, and cannot be nested too deep, for it opens no more lists and dicts."""
    return len(body) <= LARGEST_BODY and body.count(b"[") + body.count(b"{") <= DEPTH


def _deeper_than(levels: int, value: Any) -> bool:
    level = [value]
    while level and levels:
        parts = (each.values() if isinstance(each, dict) else each for each in level)
        level = [part for each in parts for part in each if isinstance(part, dict | list)]
        levels -= 1
    return bool(level)
