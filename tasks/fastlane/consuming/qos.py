"""The messages that a consumer has and has not acknowledged: recorded when fetched, acknowledged in bulk."""

from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from threading import RLock
from typing import Any

from leaderboard.connections.pipelined_connection import PipelinedConnection, Reply
from tasks.fastlane.broker.refusals import Refusals
from tasks.fastlane.broker.restoring import RestoringQoS

#: Acknowledgements that are sent without waiting for the event loop's next turn.
BULK = 500
#: Writes of acknowledgements in flight at most. To wait for each would often be to wait for what other connections
#: have the server do meanwhile.
WRITES_IN_FLIGHT = 8


class QoS(RestoringQoS):
    """Kombu's, for messages that a :class:`~tasks.fastlane.consuming.fetching_channel.FetchingChannel` fetched.

    The server records a message as unacknowledged when it is fetched, under a tag that no other delivery has. A
    late acknowledgement of the first delivery does therefore not remove the record of the second.

    Any thread may acknowledge.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lock = RLock()
        # Acknowledged, and not sent yet.
        self._acked: list[str] = []
        # Sent, and not confirmed yet; oldest first.
        self._in_flight: deque[tuple[list[str], Reply]] = deque()
        # The pool is taken now: it outlives the channel, as some tasks do.
        self.connection = PipelinedConnection(self.channel.pool)
        self._is_cut_off = False
        self._refused_acks = Refusals("The broker takes no acknowledgements")
        self._refused_renewals = Refusals("The broker does not note that messages wait at a worker")
        #: Deliveries that wait while others run. They take nothing of the prefetch count.
        self.aside = 0

    # --- deliveries

    def can_consume(self) -> bool:
        return not self.prefetch_count or self.in_flight - self.aside < self.prefetch_count

    def can_consume_max_estimate(self) -> int | None:
        return max(0, self.prefetch_count - self.in_flight + self.aside) if self.prefetch_count else None

    def append_fetched(self, tags: Iterable[str]) -> None:
        """Count messages as unacknowledged which the server has recorded as such."""
        if self._dirty:
            self._flush()
        self._delivered.update(dict.fromkeys(tags))

    def append(self, message: Any, delivery_tag: str) -> None:
        if delivery_tag not in self._delivered:
            # Not fetched in bulk.
            super().append(message, delivery_tag)
            return
        if self._dirty:
            self._flush()
        self._quick_append(delivery_tag, message)

    def renew(self, tags: Sequence[str]) -> None:
        """Have deliveries count as made now, so that they are not redelivered while they wait."""
        # If the broker is away, at worst some are delivered a second time.
        with suppress(*self.channel.connection_errors), self.channel.conn_or_acquire() as client:
            seconds, microseconds = client.time()
            now = seconds + microseconds / 1e6
            try:
                for start in range(0, len(tags), BULK):
                    client.zadd(self.unacked_index_key, dict.fromkeys(tags[start : start + BULK], now), xx=True)
            except self.channel.ResponseError as error:
                self._refused_renewals.note(self._named(error))

    # --- acknowledgements

    def ack(self, delivery_tag: str) -> None:
        self.ack_many((delivery_tag,))

    def ack_many(self, tags: Iterable[str]) -> None:
        """Acknowledge messages, in the event loop's next turn, or at once if there is no loop."""
        tags = list(tags)
        with self._lock:
            self._acked += tags
            self._dirty.update(tags)
            unsent = len(self._acked)
        if not self.channel.has_loop:
            self.flush_acks()
            if self.channel.closed:
                # Nobody else closes the connection of a task that has outlived its consumer.
                self.disconnect()
        elif unsent >= BULK and not self._is_cut_off:
            try:
                self.send_acks()
            except self.channel.connection_errors:
                # The loop's next turn tries again, and raises. Whoever is done with a batch does not wait for the
                # server after each.
                self._is_cut_off = True

    def ack_now(self, client: Any, tag: str) -> None:
        """Acknowledge one message by a client of redis-py, and wait for the server."""
        client.hdel(self.unacked_key, tag)
        client.zrem(self.unacked_index_key, tag)
        self._quick_ack(tag)

    def send_acks(self) -> None:
        """Send acknowledgements without waiting for the server, whose refusals show in later calls.

        Raises:
            redis.exceptions.RedisError: the server is away, or has refused for good; the next call sends again.
        """
        self._is_cut_off = False
        if self._refused_acks.is_pausing:
            return
        try:
            with self._lock:
                self._send()
        except self.channel.ResponseError as error:
            self._refused_acks.note(self._named(error))

    def flush_acks(self) -> None:
        """Send acknowledgements and wait until the server has confirmed all.

        Raises:
            redis.exceptions.RedisError: the server is away, or has refused; the next call sends again.
        """
        with self._lock:
            self._send()
            self._confirm(leave=0)

    def _send(self) -> None:
        if not self._acked:
            self._confirm(leave=WRITES_IN_FLIGHT)
            return
        self._confirm(leave=WRITES_IN_FLIGHT - 1)
        prefix = self.channel.global_keyprefix
        try:
            reply = self.connection.send(
                # The record first: without it, an entry in the index has no effect.
                ("HDEL", prefix + self.unacked_key, *self._acked),
                ("ZREM", prefix + self.unacked_index_key, *self._acked),
            )
        except BaseException:
            self.disconnect()
            raise
        self._in_flight.append((self._acked, reply))
        self._acked = []

    def _confirm(self, leave: int) -> None:
        """Read the replies that have come, and wait for more until only `leave` are in flight."""
        try:
            while self._in_flight:
                _, reply = self._in_flight[0]
                if len(self._in_flight) <= leave and not reply.has_come():
                    return
                reply.result()
                self._in_flight.popleft()
        except BaseException:
            self.disconnect()
            raise

    def disconnect(self) -> None:
        """Close the connection for acknowledgements. Those that are not confirmed are sent again."""
        with self._lock:
            # Whether the server has them or not: no tag is ever used again.
            self._acked = [tag for tags in (*(tags for tags, _ in self._in_flight), self._acked) for tag in tags]
            self._in_flight.clear()
            self.connection.close()

    # --- restoring

    def _settle_acks(self) -> None:
        self.flush_acks()

    def _unacknowledged(self) -> set[str]:
        # Acknowledgements that the server has not confirmed count as well.
        return {*super()._unacknowledged(), *self._acked}
