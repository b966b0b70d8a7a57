"""How many bars wait for workers, asked of the broker."""

from dataclasses import dataclass

from kombu import Connection

from config.celery import AGGS
from config.settings import Settings


@dataclass(frozen=True)
class Depth:
    """Messages at one moment.

    Attributes:
        waiting: bars in their queue.
        unacked: messages of all queues in workers' hands.
    """

    waiting: int
    unacked: int


class Broker:
    """The broker, as one thread at a time may ask it.

    Args:
        settings: name the broker.
    """

    #: What :meth:`depth` may raise where the broker cannot be reached.
    errors: tuple[type[Exception], ...]

    def __init__(self, settings: Settings) -> None:
        options = {"socket_timeout": 2.0, "socket_connect_timeout": 1.0}
        self._connection = Connection(settings.celery_broker_url, transport_options=options)
        self.errors = (OSError, *self._connection.connection_errors, *self._connection.channel_errors)

    def depth(self) -> Depth:
        """The present depth. It waits for the broker."""
        try:
            channel = self._connection.default_channel
            return Depth(_waiting(channel), int(channel.client.hlen(channel.unacked_key)))
        except self.errors:
            # The next one begins with a connection of its own.
            self._connection.collapse()
            raise
