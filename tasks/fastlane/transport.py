"""The transports: kombu's for Redis, with bulk channels."""

from collections.abc import Callable
from typing import Any

import kombu.transport
from kombu.transport import redis

from tasks.fastlane import stock_transport
from tasks.fastlane.broker.replica_connection import Connection, SSLConnection
from tasks.fastlane.consuming.channel import BulkChannel
from tasks.fastlane.consuming.fetch import FETCH_MOST
from tasks.fastlane.consuming.qos import QoS

_ALIASES = {"redis": "Transport", "rediss": "Transport", "sentinel": "SentinelTransport"}

#: Seconds until a timer whose only purpose is that the loop turns.
_AT_ONCE = 0.001


class Channel(BulkChannel):
    """A channel to one Redis server."""

    connection_class = Connection
    connection_class_ssl = SSLConnection


class SentinelChannel(Channel, redis.SentinelChannel):
    """A channel to the Redis server that sentinels name."""

    # They ask the sentinels anew by themselves.
    connection_class = redis.SentinelChannel.connection_class
    connection_class_ssl = redis.SentinelChannel.connection_class_ssl

    from_transport_options = (
        *redis.SentinelChannel.from_transport_options,
        *BulkChannel.from_transport_options[len(redis.Channel.from_transport_options) :],
    )


class Poller(redis.MultiChannelPoller):
    """Kombu's, which sends the acknowledgements of the last turn before it asks for more messages."""

    def on_poll_start(self) -> None:
        for channel in list(self._channels):
            if isinstance(channel._qos, QoS):
                channel._qos.send_acks()
        super().on_poll_start()


class Transport(redis.Transport):
    """Kombu's Redis transport, in bulk; wire-compatible with stock in both directions.

    Raises:
        ValueError: of the transport option ``fetch_max``.
    """

    Channel = Channel

    #: The event loop, where one turns.
    loop: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fetch_max = self.client.transport_options.get("fetch_max", self.Channel.fetch_max)
        if not 1 <= fetch_max <= FETCH_MOST:
            raise ValueError(f"fetch_max is {fetch_max}: a fetch takes from 1 to {FETCH_MOST} messages")
        self.cycle = Poller()
        # The last timer of each kind.
        self._timers: dict[tuple[float, Callable[[], object]], Any] = {}

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        super().register_with_event_loop(connection, loop)
        self.loop = loop

    def call_soon(self, callback: Callable[[], object]) -> None:
        """Have the event loop call back in its next turn, and take that turn at once."""
        self.loop.call_soon(callback)
        # The loop would wait for an event first, without a look at what is due.
        self.call_after(_AT_ONCE, self._turn_again)

    def _turn_again(self) -> None:
        # If the rest of a turn took long, the last timer fired before the loop began to wait.
        self.call_after(_AT_ONCE, _turn)

    def wake_after(self, seconds: float) -> None:
        """Have the event loop turn after so many seconds, whatever happens."""
        self.call_after(seconds, _turn)

    def call_after(self, seconds: float, callback: Callable[[], object]) -> None:
        """Have the event loop call back after so many seconds, in place of the same request from before."""
        # The loop fires at most ten timers a turn, then waits up to a second: many of a kind would delay others.
        if before := self._timers.get((seconds, callback)):
            before.cancel()
        self._timers[seconds, callback] = self.loop.call_later(seconds, callback)


class SentinelTransport(Transport):
    """The same by way of Sentinel."""

    default_port = redis.SentinelTransport.default_port
    Channel = SentinelChannel


def install(*, fast: bool) -> None:
    """Use our transports for ``redis://``, ``rediss://`` and ``sentinel://`` URLs in this process.

    Args:
        fast: those of the fast lane; else those that deliver one message at a time.
    """
    module = __name__ if fast else stock_transport.__name__
    for alias, name in _ALIASES.items():
        kombu.transport.TRANSPORT_ALIASES[alias] = f"{module}:{name}"
        kombu.transport._transport_cache.pop(alias, None)


def _turn() -> None:
    """Nothing: the loop has turned."""
