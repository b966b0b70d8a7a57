"""Reads what the policy needs: how many bars wait and are in flight, and how old the oldest is."""

from dataclasses import dataclass
from typing import Any

import msgspec
from celery import Celery

from config import queue_depth
from config.celery import AGGS
from leaderboard.validation import validate
from tasks.app import clock
from tasks.fastlane.consuming.messages import task_message

# The body of a task's message: arguments, keyword arguments, and options.
_decode = msgspec.json.Decoder(tuple[list[Any], dict[str, Any], Any]).decode


class ProbeError(Exception):
    """The broker cannot be reached, does not answer, or holds something else where its queues should be."""


@dataclass(frozen=True)
class Reading:
    """The queue at one moment.

    Attributes:
        waiting: bars in it.
        in_flight: messages of all queues that are delivered and not acknowledged. Those of other queues are few.
        age: seconds since the end of the oldest bar that waits; None if none waits, or its end is unknown.
    """

    waiting: int
    in_flight: int
    age: float | None


class QueueProbe:
    """Reads the queue of bars from an app's broker.

    Args:
        app: the app.
        dated: whether bars are of the present, so that the age of one says how long it has waited.
    """

    def __init__(self, app: Celery, *, dated: bool) -> None:
        self._app = app
        self._dated = dated

    def read(self) -> Reading:
        """The queue now. Waits a few seconds at most for the broker.

        Raises:
            ProbeError: the broker failed.
        """
        connection = self._app.connection_for_read(transport_options=queue_depth.OPTIONS)
        try:
            with connection:
                channel: Any = connection.default_channel
                age = _age(channel) if self._dated else None
                return Reading(queue_depth.waiting(channel, AGGS), queue_depth.unacked(channel), age)
        except queue_depth.broker_errors_of(connection) as error:
            raise ProbeError(str(error)) from error


def _age(channel: Any) -> float | None:
    """Seconds since the oldest end of the bars that are next to be delivered, one of each priority."""
    now = clock().now()
    keys = queue_depth.priority_lists(channel, AGGS)
    with queue_depth.explain_wrong_types(channel, dict.fromkeys(keys, "list")):
        heads = [channel.client.lindex(each, -1) for each in keys]
    ends = [end for head in heads if head and (end := _end(head, now)) is not None]
    return max(0, now - min(ends)) / 1000 if ends else None


def _end(raw: bytes, now: int) -> int | None:
    """When a message's bar ended, Unix milliseconds; `now` if the bar has no end, None if there is no bar."""
    message = task_message(raw)
    if message is None:
        return None
    try:
        args, kwargs, _ = _decode(message[2])
    except (ValueError, RecursionError):
        return None
    bars, _ = validate([*args, *kwargs.values()][:1], now, allow_future=True)
    return bars[0].end_timestamp if bars else None
