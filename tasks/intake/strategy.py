"""How a worker runs the messages of bars: many at a time in the fast lane, and else in Celery's own way."""

from collections.abc import Callable
from typing import Any

from celery.worker.strategy import default

from config.celery import AGGS
from tasks.fastlane.consuming.strategy import consume_in_batches
from tasks.message_limits import MAX_BODY, MAX_DEPTH


def guarded(task: Any, app: Any, consumer: Any, **options: Any) -> Callable[..., Any]:
    """The fast lane for messages of the queue of bars, where the worker has it, and else Celery's own strategy."""
    consume_in_batches(task, consumer, _fits, {AGGS})
    handle: Callable[..., Any] = default(task, app, consumer, **options)
    return handle


def _fits(body: bytes) -> bool:
    """Whether the body is of a size, and cannot be nested too deep, for it opens no more lists and dicts."""
    return len(body) <= MAX_BODY and body.count(b"[") + body.count(b"{") <= MAX_DEPTH
