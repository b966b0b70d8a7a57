"""Which of a task's messages a worker runs in batches."""

from collections.abc import Callable, Container
from typing import Any

from celery.concurrency.solo import TaskPool
from celery.worker.strategy import default

from tasks.fastlane.consuming.batch_consumer import BatchConsumer
from tasks.fastlane.consuming.channel import BulkChannel
from tasks.fastlane.task import BatchTask


def batching(task: BatchTask[...], app: Any, consumer: Any, **options: Any) -> Callable[..., Any]:
    """A strategy for :attr:`celery.Task.Strategy`: batches where the transport has them, else Celery's own way."""
    consume_in_batches(task, consumer)
    one_by_one: Callable[..., Any] = default(task, app, consumer, **options)
    return one_by_one


def consume_in_batches(
    task: BatchTask[...],
    consumer: Any,
    accepts: Callable[[bytes], bool] | None = None,
    queues: Container[str] | None = None,
) -> None:
    """Have a worker's channel deliver messages of `task` in batches, if it can.

    Celery's strategy then gets only the messages that have to run by themselves.

    Args:
        task: whose messages.
        consumer: the worker's.
        accepts: whether a message with this body may run in a batch; None: every one.
        queues: whose messages may; None: all queues'.
    """
    channel = consumer.connection.default_channel
    # Batches run between two turns of the event loop. Other pools than solo run tasks elsewhere.
    if isinstance(channel, BulkChannel) and isinstance(consumer.pool, TaskPool):
        channel.batch_consumers[task.name] = BatchConsumer(task, consumer, channel, accepts, queues)
