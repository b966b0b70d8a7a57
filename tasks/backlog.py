"""How many bars wait."""

import json
import time

from config import queue_depth
from config.celery import AGGS
from tasks.app import app

# Workers hold far fewer than this; with more there is no need to count.
_COUNTABLE = 10_000
# Seconds, many times what passes between the two.
_MOMENT = 0.05


def waiting() -> int:
    """Bars in the queue, without those in workers' hands."""
    with app.connection_or_acquire() as connection:
        return queue_depth.waiting(connection.default_channel, AGGS)


def held() -> int:
    """Bars in workers' hands: delivered and not acknowledged."""
    with app.connection_or_acquire() as connection:
        channel = connection.default_channel
        unacked = queue_depth.unacked(channel)
        if unacked > _COUNTABLE:
            return unacked
        # Each ends with a routing key, for other queues' messages are held in the same hash. What comes before may
        # be no JSON at all, as a list can hold anything.
        end = f"{json.dumps(AGGS)}]".encode()
        return sum(each.endswith(end) for each in channel.client.hvals(channel.unacked_key))


def drained() -> bool:
    """Whether no bar waits and none is being worked on."""
    # Looked at twice, for a worker notes that it holds a message only a moment after taking it off the queue.
    if not _nothing_left():
        return False
    time.sleep(_MOMENT)
    return _nothing_left()


def _nothing_left() -> bool:
    return waiting() == 0 and held() == 0
