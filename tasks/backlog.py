"""Counts the bars in the queue and in flight."""

import json
import time

from config import queue_depth
from config.celery import AGGS
from tasks.app import app

# With more messages in flight, do not read them: those of other queues are too few to matter.
_COUNTABLE = 10_000
# Seconds between two checks: much longer than stock Celery takes to record a fetched message.
_MOMENT = 0.05


def waiting() -> int:
    """Bars in the queue, without those in flight."""
    with app.connection_or_acquire() as connection:
        return queue_depth.waiting(connection.default_channel, AGGS)


def in_flight() -> int:
    """Bars in flight: delivered and not acknowledged."""
    with app.connection_or_acquire() as connection:
        channel = connection.default_channel
        unacked = queue_depth.unacked(channel)
        if unacked > _COUNTABLE:
            return unacked
        # The hash holds messages of all queues: each entry ends with its routing key. An entry need not
        # be JSON, as a queue can hold anything.
        end = f"{json.dumps(AGGS)}]".encode()
        return sum(each.endswith(end) for each in channel.client.hvals(channel.unacked_key))


def drained() -> bool:
    """Whether no bar waits and none is in flight."""
    # Checked twice: stock Celery records a message as in flight a moment after it took it off the queue.
    if not _nothing_left():
        return False
    time.sleep(_MOMENT)
    return _nothing_left()


def _nothing_left() -> bool:
    return waiting() == 0 and in_flight() == 0
