"""How a worker runs the messages of bars: in batches with the fast lane, one by one without."""

from collections.abc import Callable
from typing import Any

from celery.worker.strategy import default

from config.celery import AGGS
from tasks.fastlane.consuming.strategy import consume_in_batches
from tasks.message_limits import MAX_BODY, MAX_DEPTH


def validating(task: Any, app: Any, consumer: Any, **options: Any) -> Callable[..., Any]:
    """Consume in batches what small messages the queue of bars has, and leave all others to Celery's own strategy.

    What is not consumed in batches is validated by the consumer.
    """
    consume_in_batches(task, consumer, _is_small, {AGGS})
    handle: Callable[..., Any] = default(task, app, consumer, **options)
    return handle


def _is_small(body: bytes) -> bool:
    """Whether a body keeps to the limits of size and depth: it opens no more lists and dicts than may nest."""
    return len(body) <= MAX_BODY and body.count(b"[") + body.count(b"{") <= MAX_DEPTH
