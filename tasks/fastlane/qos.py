"""What a consumer holds: acknowledged in bulk, given back in bulk."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from threading import RLock
from typing import Any

import msgspec
from kombu.log import get_logger
from kombu.transport import redis
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps, loads

from tasks.fastlane.pipe import AHEAD, Pipe
from tasks.fastlane.refusal import Refusals
from tasks.fastlane.scripts import RESTORE

logger = get_logger(__name__)

#: Acknowledgements that are sent without waiting for the event loop's next turn, and messages restored per script.
BULK = 500

# Five times as fast as kombu's: a worker that is told to stop may hold thousands.
_decode = msgspec.json.Decoder().decode


class QoS(redis.QoS):
    """Kombu's, for messages that a :class:`~tasks.fastlane.channel.BulkChannel` fetched.

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
        self._refused_scans = Refusals("The broker lets nothing come back")

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
            self._refused_acks.note(error)

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

    def restore_by_tag(self, tag: str, client: Any = None, leftmost: bool = False) -> None:
        self.restore_many([tag], client, leftmost)

    def restore_unacked(self, client: Any = None) -> None:
        """Give back all that is held, so that the oldest is the next in turn."""
        self.flush()
        self._flush()
        self.restore_many(list(reversed(self._delivered)), client)
        self._delivered.clear()

    def restore_unacked_once(self, stderr: Any = None) -> None:
        self._on_collect.cancel()
        try:
            self.flush()
            super().restore_unacked_once(stderr)
        except (self.channel.ResponseError, *self.channel.connection_errors) as error:
            logger.warning(
                "%d messages come back after the visibility timeout of %s s: %s",
                # Those too that the server has not taken as acknowledged.
                len({*self._delivered, *self._acked}),
                self.visibility_timeout,
                error,
            )

    def restore_visible(self, start: int = 0, num: int | None = 10, interval: int = 10) -> None:
        self._vrestore_count += 1
        if (self._vrestore_count - 1) % (interval or 1):
            return
        with self.channel.conn_or_acquire() as client:
            try:
                with redis.Mutex(client, self.unacked_mutex_key, self.unacked_mutex_expire):
                    self._restore_overdue(client, start, num)
            except redis.MutexHeld:
                pass
            except self.channel.ResponseError as error:
                self._refused_scans.note(error)

    def _restore_overdue(self, client: Any, start: int, num: int | None) -> None:
        # The server's clock, as for the deliveries: a machine whose own is wrong gives back nothing too early.
        seconds, microseconds = client.time()
        overdue = client.zrange(
            self.unacked_index_key,
            seconds + microseconds / 1e6 - self.visibility_timeout,
            0,
            desc=True,
            byscore=True,
            offset=num and start,
            num=num,
        )
        if overdue:
            self.restore_many([bytes_to_str(tag) for tag in overdue], client)

    def restore_many(self, tags: Iterable[str], client: Any = None, leftmost: bool = False) -> None:
        """Put messages back onto their lists, each unless another consumer or an acknowledgement was faster.

        Args:
            tags: of their deliveries.
            client: of redis-py, else one of the channel's own.
            leftmost: behind all that wait, instead of next in turn; the last of `tags` is then the last in turn,
                or else the first.
        """
        remaining = iter(tags)
        with self.channel.conn_or_acquire(client) as client:
            while some := list(islice(remaining, BULK)):
                self._restore(client, some, leftmost)

    def _restore(self, client: Any, tags: Sequence[str], leftmost: bool) -> None:
        prefix = self.channel.global_keyprefix
        unacked, index = prefix + self.unacked_key, prefix + self.unacked_index_key
        lists: dict[str, int] = {}
        arguments: list[Any] = []
        for tag, record in zip(tags, client.execute_command("HMGET", unacked, *tags), strict=True):
            message, names = ("", []) if record is None else self._redelivery(record)
            if message and not names:
                logger.critical("Not restored, and left in %s: no queue is bound for %r", unacked, record[:1000])
                client.zrem(self.unacked_index_key, tag)
                continue
            numbers = [lists.setdefault(prefix + name, len(lists) + 1) for name in names]
            arguments += tag, message, ",".join(map(str, numbers))
        if arguments:
            keys = (unacked, index, *lists)
            push = "LPUSH" if leftmost else "RPUSH"
            client.execute_command("EVAL", RESTORE, len(keys), *keys, push, *arguments)

    def _redelivery(self, record: bytes) -> tuple[str, list[str]]:
        """The message, marked as delivered before, and the names of the lists that it belongs on.

        Empty, both, where the record holds no message.
        """
        try:
            text, exchange, routing_key, priority = self._marked(record)
        except Exception as error:
            # As where it is delivered: it shall not keep the others from coming back.
            logger.critical("Dropped what is no message, %r: %r", error, record[:1000])
            return "", []
        queues = self.channel._lookup(exchange, routing_key)
        return text, [self.channel._q_for_pri(queue, priority) for queue in queues if queue]

    def _marked(self, record: bytes) -> tuple[str, str, str, int]:
        """The message with its mark, its exchange, routing key and priority."""
        try:
            return self._mark(record, _decode, _encode)
        except Exception:
            # Kombu reads and writes what others do not: what is not finite, half of a surrogate pair.
            return self._mark(record, _kombu_decode, dumps)

    def _mark(
        self, record: bytes, decode: Callable[[bytes], Any], encode: Callable[[Any], str]
    ) -> tuple[str, str, str, int]:
        message, exchange, routing_key = decode(record)
        if isinstance(message.get("headers"), dict):
            message["headers"]["redelivered"] = True
        if isinstance(message["properties"].get("delivery_info"), dict):
            message["properties"]["delivery_info"]["redelivered"] = True
        priority = self.channel._get_message_priority(message, reverse=False)
        return encode(message), exchange, routing_key, priority


def _kombu_decode(record: bytes) -> Any:
    return loads(bytes_to_str(record))


def _encode(message: Any) -> str:
    return msgspec.json.encode(message).decode()
