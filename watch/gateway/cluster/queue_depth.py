"""How many bars wait for workers, asked of the broker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kombu import Connection
from kombu.exceptions import OperationalError

from config.celery import AGGS, FIRST_ALONE, tls_options
from config.queue_depth import OPTIONS, unacked, waiting


class BrokerError(Exception):
    """The broker cannot be reached or does not answer."""


@dataclass(frozen=True)
class Depth:
    """Messages at one moment.

    Attributes:
        waiting: bars in their queue.
        unacked: messages of all queues in workers' hands.
    """

    waiting: int
    unacked: int


def depth(broker_url: str, options: Mapping[str, Any]) -> Depth:
    """The present depth. It waits for the broker, some seconds at most.

    Args:
        broker_url: of the queues.
        options: the transport options that go with it.

    Raises:
        BrokerError: there is no answer.
    """
    connection = Connection(
        broker_url,
        ssl=tls_options(broker_url) or False,
        transport_options={**OPTIONS, **options},
        failover_strategy=FIRST_ALONE,
    )
    errors: tuple[type[BaseException], ...] = (
        OperationalError,
        *connection.connection_errors,
        *connection.channel_errors,
    )
    try:
        with connection:
            channel: Any = connection.default_channel
            return Depth(waiting(channel, AGGS), unacked(channel))
    except errors as error:
        raise BrokerError(str(error)) from error
