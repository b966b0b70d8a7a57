"""What a consumer holds: acknowledged in bulk, given back in bulk."""

from collections import deque
from collections.abc import Callable, Iterable
from threading import RLock
from typing import Any

from tasks.fastlane.broker.refusals import Refusals
from tasks.fastlane.broker.restoring import RestoringQoS
from tasks.fastlane.consuming.pipe import AHEAD, Pipe

#: Acknowledgements that are sent without waiting for the event loop's next turn.
BULK = 500


class QoS(RestoringQoS):
    """Kombu's, for messages that a :class:`~tasks.fastlane.consuming.channel.BulkChannel` fetched.

    The server records a message as held when it is fetched, under a tag that no other delivery has. The record of
    a redelivery is therefore out of reach of the first delivery's late acknowledgement.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lock = RLock()
        self._acked: list[str] = []
        # By the write that acknowledged them.
        self._sent: deque[list[str]] = deque()
        # Taken from the pool now: it outlives the channel, for tasks that do so.
        pool = self.channel.pool
        self.pipe = Pipe(pool.get_connection, pool.release)
        self._is_cut_off = False
        self._refused_acks = Refusals("The broker takes no acknowledgements")

    # --- taking

    def hold(self, tags: Iterable[str]) -> None:
        """Count messages as held that the server has recorded as such."""
        if self._dirty:
            self._flush()
        self._delivered.update(dict.fromkeys(tags))

    def append(self, message: Any, delivery_tag: str) -> None:
        if delivery_tag not in self._delivered:
            # Not one that was fetched in bulk.
            super().append(message, delivery_tag)
            return
        if self._dirty:
            self._flush()
        self._quick_append(delivery_tag, message)

    # --- acknowledging

    def ack(self, delivery_tag: str) -> None:
        self.ack_many((delivery_tag,))

    def ack_many(self, tags: Iterable[str]) -> None:
        """Acknowledge messages: the server is told in the event loop's next turn, or at once where none turns."""
        tags = list(tags)
        with self._lock:
            self._acked += tags
            self._dirty.update(tags)
            waiting = len(self._acked)
        if not self.channel.loops:
            self.flush()
            if self.channel.closed:
                # Nobody closes what a task that outlived its consumer has opened.
                self.hang_up()
        elif waiting >= BULK and not self._is_cut_off:
            try:
                self.send()
            except self.channel.connection_errors:
                # They wait for the loop's next turn, and it is for that one to say so: whoever is done with a
                # batch has others to see to, and is not to wait for the server after each.
                self._is_cut_off = True

    def ack_by(self, client: Any, tag: str) -> None:
        """Acknowledge a message by a client of redis-py, and wait until the server has taken it."""
        client.hdel(self.unacked_key, tag)
        client.zrem(self.unacked_index_key, tag)
        self._quick_ack(tag)

    def send(self) -> None:
        """Send the acknowledgements that wait. What the server says to them shows at a later call.

        Raises:
            redis.exceptions.RedisError: the server is not there, or refused for good; they wait for the next call.
        """
        self._is_cut_off = False
        if self._refused_acks.hold:
            return
        try:
            self._send()
        except self.channel.ResponseError as error:
            self._refused_acks.note(self._named(error))

    def _send(self) -> None:
        with self._lock:
            if not self._acked:
                # To hear of what was refused, though nothing is to be said.
                self._attempt(self.pipe.settle, AHEAD)
                return
            tags, self._acked = self._acked, []
            self._sent.append(tags)
            self._attempt(
                self.pipe.write,
                [
                    # The record first: without it, an entry in the index has no effect.
                    ("HDEL", self.channel.global_keyprefix + self.unacked_key, *tags),
                    ("ZREM", self.channel.global_keyprefix + self.unacked_index_key, *tags),
                ],
            )

    def flush(self) -> None:
        """Send the acknowledgements that wait, and wait until the server has taken them.

        Raises:
            redis.exceptions.RedisError: the server is not there, or refused; they wait for the next call.
        """
        with self._lock:
            self._send()
            self._attempt(self.pipe.settle)

    def _attempt(self, step: Callable[..., None], *args: Any) -> None:
        try:
            step(*args)
        except BaseException:
            self.hang_up()
            raise
        while len(self._sent) > self.pipe.outstanding:
            self._sent.popleft()

    def hang_up(self) -> None:
        """Give the connection for acknowledgements up. What it has not confirmed is acknowledged again."""
        with self._lock:
            # Whether the server got them or not: a tag never comes up again.
            self._acked = [tag for tags in (*self._sent, self._acked) for tag in tags]
            self._sent.clear()
            self.pipe.drop()

    # --- giving back

    def _settle_acks(self) -> None:
        self.flush()

    def _unfinished(self) -> set[str]:
        # Those too that the server has not taken as acknowledged.
        return {*super()._unfinished(), *self._acked}
