"""Restores unacknowledged messages to their lists, in both lanes: when rejected, at close, when overdue."""

from collections.abc import Callable, Iterable, Sequence
from importlib.resources import files
from itertools import islice
from typing import Any

import msgspec
from kombu.log import get_logger
from kombu.transport import redis
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps, loads
from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from tasks.fastlane.broker.refusals import Refusals, wrong_type

logger = get_logger(__name__)

RESTORE = files(__package__).joinpath("restore.lua").read_text("utf-8")

#: Messages restored per script.
BULK = 500

# Five times as fast as kombu's decoder: a worker that stops may have thousands of messages.
_decode = msgspec.json.Decoder().decode


class RestoringQoS(redis.QoS):
    """Kombu's, which restores by a script.

    Kombu's transaction removes a message's record even if the list to restore it to is of another type, and so
    loses the message.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._refused_scans = Refusals("The broker does not tell which messages are overdue")
        self._refused_returns = Refusals("The broker restores no messages before the visibility timeout")
        self._refused_locks = Refusals("The lock of the search for overdue messages does not expire")

    @property
    def in_flight(self) -> int:
        """Messages that were delivered and are not acknowledged."""
        return len(self._delivered) - len(self._dirty)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        if not requeue:
            self.ack(delivery_tag)
            return
        try:
            super().reject(delivery_tag, requeue)
        except ResponseError as error:
            self._refused_returns.note(self._named(error))
            self._quick_ack(delivery_tag)

    def restore_by_tag(self, tag: str, client: Any = None, leftmost: bool = False) -> None:
        self.restore_many([tag], client, leftmost)

    def restore_unacked(self, client: Any = None) -> None:
        """Restore all that is unacknowledged, so that the oldest is the next in turn."""
        self._settle_acks()
        self._flush()
        self.restore_many(list(reversed(self._delivered)), client)
        self._delivered.clear()

    def restore_unacked_once(self, stderr: Any = None) -> None:
        self._on_collect.cancel()
        try:
            self._settle_acks()
            super().restore_unacked_once(stderr)
        except (ResponseError, *self.channel.connection_errors) as error:
            logger.warning(
                "%d messages are redelivered after the visibility timeout of %s s: %s",
                len(self._unacknowledged()),
                self.visibility_timeout,
                error,
            )

    def _settle_acks(self) -> None:
        """See to it that the server has all acknowledgements."""

    def _unacknowledged(self) -> set[str]:
        """The tags that the server may still have recorded as unacknowledged."""
        return {*self._delivered}

    # --- overdue messages

    def restore_visible(self, start: int = 0, num: int | None = 10, interval: int = 10) -> None:
        self._vrestore_count += 1
        if (self._vrestore_count - 1) % (interval or 1):
            return
        with self.channel.conn_or_acquire() as client:
            try:
                with redis.Mutex(client, self.unacked_mutex_key, self.unacked_mutex_expire):
                    self._restore_overdue(client, start, num)
            except redis.MutexHeld:
                self._have_lock_expire(client)
            except ResponseError as error:
                self._refused_scans.note(self._named(error))

    def _have_lock_expire(self, client: Any) -> None:
        """Bound how long the lock is held: if it never expired, no message would ever be restored."""
        key, longest = self.channel.global_keyprefix + self.unacked_mutex_key, 1000 * self.unacked_mutex_expire
        left = int(client.pttl(key))
        if left == -1 or left > longest:
            client.execute_command("PEXPIRE", key, longest)
            self._refused_locks.note(ResponseError(f"WRONGTYPE the key {key!r} would not expire, and does now"))

    def _named(self, error: ResponseError) -> ResponseError:
        named: ResponseError = self.channel.named(
            error, {self.unacked_key: "hash", self.unacked_index_key: "zset", self.unacked_mutex_key: "string"}
        )
        return named

    def _restore_overdue(self, client: Any, start: int, num: int | None) -> None:
        # By the server's clock, as deliveries are recorded: a machine with a wrong one restores nothing too early.
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

    # --- the script

    def restore_many(self, tags: Iterable[str], client: Any = None, leftmost: bool = False) -> None:
        """Restore messages to their lists, each unless it was acknowledged or restored meanwhile.

        Args:
            tags: of their deliveries.
            client: of redis-py; None: one of the channel's own.
            leftmost: behind all messages in the list, the last of `tags` last; else next in turn, the last of
                `tags` first.
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
            wrong = client.execute_command("EVAL", RESTORE, len(keys), *keys, push, *arguments)
            for number, found in zip(wrong[::2], wrong[1::2], strict=True):
                self._refused_returns.note(wrong_type(keys[number + 1], bytes_to_str(found), "list"))

    def _redelivery(self, record: bytes) -> tuple[str, list[str]]:
        """A message marked as redelivered, and the lists that it belongs to; both empty if it is not valid."""
        try:
            text, exchange, routing_key, priority = self._marked(record)
            queues = self.channel._lookup(exchange, routing_key)
        except (ResponseError, ConnectionError, TimeoutError):
            raise
        except Exception as error:
            # It must not keep the others from being restored. On delivery it would be dropped as well.
            logger.critical("Dropped an invalid message, %r: %r", error, record[:1000])
            return "", []
        return text, [self.channel._q_for_pri(queue, priority) for queue in queues if queue]

    def _marked(self, record: bytes) -> tuple[str, str, str, int]:
        """The message marked as redelivered, its exchange, routing key and priority."""
        try:
            return self._mark(record, _decode, _encode)
        except Exception:
            # Kombu reads and writes what others do not: infinities, half of a surrogate pair.
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
