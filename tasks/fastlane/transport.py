"""The transports: kombu's for Redis, with bulk channels."""

from collections.abc import Callable
from typing import Any

import kombu.transport
from kombu.transport import redis

from tasks.fastlane import stock_transport
from tasks.fastlane.broker.replica_connection import Connection, SSLConnection
from tasks.fastlane.consuming.channel import FETCH_MOST, BulkChannel
from tasks.fastlane.consuming.qos import QoS

_ALIASES = {"redis": "Transport", "rediss": "Transport", "sentinel": "SentinelTransport"}

#: Seconds until a timer that is only to have the loop turn.
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
    """Kombu's, which sends what has been acknowledged since the last turn before it asks for more."""

    def on_poll_start(self) -> None:
        for channel in list(self._channels):
            if isinstance(channel._qos, QoS):
                channel._qos.send()
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
        """Have the event loop call back in its next turn, which is to follow at once."""
        self.loop.call_soon(callback)
        # The loop does not look at what is due before it waits for something to happen.
        self.call_after(_AT_ONCE, self._turn_again)

    def _turn_again(self) -> None:
        # The timer before may have fired before the loop waited, where what followed in its turn took a while.
        self.call_after(_AT_ONCE, _turn)

    def wake_after(self, seconds: float) -> None:
        """Have the event loop turn after so many seconds, whatever comes."""
        self.call_after(seconds, _turn)

    def call_after(self, seconds: float, callback: Callable[[], object]) -> None:
        """Have the event loop call back after so many seconds; the same wish from before is put off until then."""
        # With ten timers due at a time the loop fires these and waits, up to a second, whatever else is due.
        if before := self._timers.get((seconds, callback)):
            before.cancel()
        self._timers[seconds, callback] = self.loop.call_later(seconds, callback)


class SentinelTransport(Transport):
    """The same by way of Sentinel."""

    default_port = redis.SentinelTransport.default_port
    Channel = SentinelChannel


def install(*, fast: bool) -> None:
    """Make transports of ours those of ``redis://``, ``rediss://`` and ``sentinel://`` URLs in this process.

    Args:
        fast: these; else those of one message at a time.
    """
    module = __name__ if fast else stock_transport.__name__
    for alias, name in _ALIASES.items():
        kombu.transport.TRANSPORT_ALIASES[alias] = f"{module}:{name}"
        kombu.transport._transport_cache.pop(alias, None)


def _turn() -> None:
    """What a timer does that has only to wake the loop."""
