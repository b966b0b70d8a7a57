"""How many bars wait for workers, asked of the broker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kombu import Connection

from config.celery import AGGS, FIRST_ALONE, tls_options
from config.queue_depth import OPTIONS, broker_errors_of, unacked, waiting


class BrokerError(Exception):
    """The broker cannot be reached, or does not answer."""


@dataclass(frozen=True)
class QueueDepth:
    """Messages at one moment.

    Attributes:
        waiting: bars in their queue.
        unacked: messages of all queues that workers have in flight.
    """

    waiting: int
    unacked: int


def read_depth(broker_url: str, options: Mapping[str, Any]) -> QueueDepth:
    """The depth now. It waits for the broker for some seconds at most.

    Args:
        broker_url: of the queues.
        options: the transport options that go with it.

    Raises:
        BrokerError: the broker does not answer.
    """
    connection = Connection(
        broker_url,
        ssl=tls_options(broker_url) or False,
        transport_options={**OPTIONS, **options},
        failover_strategy=FIRST_ALONE,
    )
    try:
        with connection:
            channel: Any = connection.default_channel
            return QueueDepth(waiting(channel, AGGS), unacked(channel))
    except broker_errors_of(connection) as error:
        raise BrokerError(str(error)) from error
