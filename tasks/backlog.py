"""How many bars wait or are in flight."""

import json
import time

from config import queue_depth
from config.celery import AGGS
from tasks.app import app

# Messages in flight above which those of other queues are too few to matter.
_COUNTABLE = 10_000
# Seconds between two checks: many times what passes between a fetch and its record.
_MOMENT = 0.05


def waiting() -> int:
    """Bars in the queue, without those in flight."""
    with app.connection_or_acquire() as connection:
        return queue_depth.waiting(connection.default_channel, AGGS)


def held() -> int:
    """Bars in flight: delivered and not acknowledged."""
    with app.connection_or_acquire() as connection:
        channel = connection.default_channel
        unacked = queue_depth.unacked(channel)
        if unacked > _COUNTABLE:
            return unacked
        # The hash holds messages of all queues: each entry ends with its routing key. The rest may be no JSON, as
        # a queue can hold anything.
        end = f"{json.dumps(AGGS)}]".encode()
        return sum(each.endswith(end) for each in channel.client.hvals(channel.unacked_key))


def drained() -> bool:
    """Whether no bar waits and none is in flight."""
    # Checked twice, as stock Celery records a message as in flight only a moment after it took it off the queue.
    if not _nothing_left():
        return False
    time.sleep(_MOMENT)
    return _nothing_left()


def _nothing_left() -> bool:
    return waiting() == 0 and held() == 0
