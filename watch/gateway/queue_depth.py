"""How many bars wait for workers, asked of the broker."""

from dataclasses import dataclass
from typing import Any

from kombu import Connection
from kombu.exceptions import OperationalError

from config.celery import AGGS

#: Transport options of who asks again before long: an answer that does not come soon is given up.
OPTIONS = {"socket_timeout": 2.0, "socket_connect_timeout": 1.0, "max_retries": 1, "interval_start": 0}


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


def depth(broker_url: str) -> Depth:
    """The present depth. It waits for the broker, some seconds at most.

    Raises:
        BrokerError: there is no answer.
    """
    connection = Connection(broker_url, transport_options=OPTIONS)
    errors: tuple[type[BaseException], ...] = (
        OperationalError,
        *connection.connection_errors,
        *connection.channel_errors,
    )
    try:
        with connection:
            channel: Any = connection.default_channel
            return Depth(_waiting(channel), int(channel.client.hlen(channel.unacked_key)))
    except errors as error:
        raise BrokerError(str(error)) from error


def _waiting(channel: Any) -> int:
    try:
        return int(channel.queue_declare(AGGS, passive=True).message_count)
    except channel.connection.client.channel_errors:
        # An empty list does not exist in Redis.
        return 0
