"""The transports of ``FAST_LANE=0``: kombu's own, one message at a time, made safe against keys of another type.

Kombu takes a message off its list and notes only then that it holds it. Where the server refuses the note, the
message goes back here, and no other is taken before the server has it. What remains of kombu's way: a message is
lost if its consumer dies, or loses its connection, between the two.
"""

from collections import deque
from typing import Any

from kombu.log import get_logger
from kombu.transport import redis
from kombu.transport.virtual import Empty
from kombu.utils.json import dumps
from redis.exceptions import ResponseError

from leaderboard.redis_errors import is_wrong_type
from tasks.fastlane.broker.refusals import Refusals, wrong_type
from tasks.fastlane.broker.restoring import RestoringQoS
from tasks.fastlane.broker.tolerant_channel import TolerantChannel

logger = get_logger(__name__)


class NotHeldError(Exception):
    """The server has refused to note that a message is held.

    Attributes:
        refusal: the server's words.
    """

    def __init__(self, refusal: ResponseError) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class StockQoS(RestoringQoS):
    """Kombu's, one by one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._refused_acks = Refusals("The broker takes no acknowledgements: messages come again")

    def append(self, message: Any, delivery_tag: str) -> None:
        try:
            super().append(message, delivery_tag)
        except ResponseError as error:
            raise NotHeldError(self._named(error)) from error

    def ack(self, delivery_tag: str) -> None:
        try:
            with self.channel.conn_or_acquire() as client, client.pipeline(transaction=False) as pipe:
                # The record first: without it, an entry in the index has no effect.
                pipe.hdel(self.unacked_key, delivery_tag)
                pipe.zrem(self.unacked_index_key, delivery_tag)
                pipe.execute()
        except ResponseError as error:
            self._refused_acks.note(self._named(error))
        self._quick_ack(delivery_tag)


class StockChannel(TolerantChannel):
    """Kombu's, which gives back what it cannot note as held, and waits while it is refused."""

    QoS = StockQoS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The list and the text of each message that was taken and is neither held nor back on its list.
        self._loose: deque[tuple[str, str]] = deque()
        self._refused = Refusals("The broker gives no messages")
        self._refused_lists = Refusals("A queue gives no messages")
        # Whether a refusal has not been looked into yet, or a key is still of another type.
        self._is_suspicious = False
        super().__init__(*args, **kwargs)

    def basic_consume(self, queue: str, *args: Any, **kwargs: Any) -> Any:
        result = super().basic_consume(queue, *args, **kwargs)
        deliver = self.connection._callbacks[queue]

        def deliver_or_return(payload: Any) -> Any:
            try:
                return deliver(payload)
            except NotHeldError as error:
                priority = self._get_message_priority(payload, reverse=False)
                self._loose.append((self._q_for_pri(queue, priority), dumps(payload)))
                self._return_loose()
                self._note(error.refusal)

        self.connection._callbacks[queue] = deliver_or_return
        return result

    def _brpop_start(self, timeout: float | None = None) -> None:
        if self._refused.hold or not self._return_loose():
            return
        if not self._is_suspicious:
            super()._brpop_start(timeout)
            return
        lists = self._sound_lists()
        if not lists:
            return
        self._in_poll = connection = self.client.connection
        self._brpop_sent_at = redis.monotonic()
        timeout = self.brpop_timeout if timeout is None else timeout
        connection.send_command("BRPOP", *(self.global_keyprefix + key for key in lists), timeout or 0)

    def _brpop_read(self, **options: Any) -> bool | None:
        try:
            delivered: bool | None = super()._brpop_read(**options)
            return delivered
        except ResponseError as error:
            self._is_suspicious = True
            if not is_wrong_type(error):
                self._note(error)
            # Else it is looked into which key is to blame, before more is asked for.
            raise Empty from error

    def _sound_lists(self) -> list[str]:
        """The lists that messages can be taken from; none where it cannot be noted that they are held."""
        queues = self._queue_cycle.consume(len(self.active_queues))
        lists = [self._q_for_pri(queue, priority) for priority in self.priority_steps for queue in queues]
        types = {self.unacked_key: "hash", self.unacked_index_key: "zset"} | dict.fromkeys(lists, "list")
        wrong = self.wrong_types(types)
        self._is_suspicious = bool(wrong)
        errors = {key: wrong_type(key, found, types[key]) for key, found in wrong.items()}
        lists = [key for key in lists if key not in wrong]
        for key, error in errors.items():
            if types[key] != "list" or not lists:
                self._note(error)
                return []
            self._refused_lists.note(error)
        return lists

    def _return_loose(self) -> bool:
        """Whether all messages are back on their lists, or held."""
        with self.conn_or_acquire() as client:
            while self._loose:
                try:
                    client.rpush(*self._loose[0])
                except ResponseError as error:
                    self._note(error)
                    return False
                self._loose.popleft()
        return True

    def _note(self, error: ResponseError) -> None:
        self._is_suspicious = True
        self._refused.note(error)
        if self.on_refusal:
            self.on_refusal()

    def close(self) -> None:
        try:
            super().close()
        finally:
            for queue, text in self._loose:
                logger.critical("Lost, for %s does not take it back: %r", queue, text[:1000])


class Channel(StockChannel):
    """A channel to one Redis server."""


class SentinelChannel(StockChannel, redis.SentinelChannel):
    """A channel to the Redis server that sentinels name."""

    connection_class = redis.SentinelChannel.connection_class
    connection_class_ssl = redis.SentinelChannel.connection_class_ssl
    from_transport_options = redis.SentinelChannel.from_transport_options


class Transport(redis.Transport):
    """Kombu's Redis transport, with these channels."""

    Channel = Channel


class SentinelTransport(Transport):
    """The same by way of Sentinel."""

    default_port = redis.SentinelTransport.default_port
    Channel = SentinelChannel
