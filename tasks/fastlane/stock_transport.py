"""The transports of ``FAST_LANE=0``: kombu's own, made safe against wrong keys and invalid messages.

Kombu takes a message off its list and only then records it as unacknowledged. If the server refuses the record,
the message goes back to its list here, and no other is taken before the server has it. As with kombu, a message is
lost if its consumer dies, or loses its connection, between the two.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from kombu.log import get_logger
from kombu.transport import redis
from kombu.transport.virtual import Empty
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps
from redis.exceptions import DataError, ResponseError

from leaderboard.connections.redis_errors import is_wrong_type
from tasks.fastlane.broker.refusals import Refusals, wrong_type
from tasks.fastlane.broker.restoring import RestoringQoS
from tasks.fastlane.broker.tolerant_channel import TolerantChannel, server_errors

logger = get_logger(__name__)


class NotRecordedError(Exception):
    """The server has refused to record a message as unacknowledged.

    Attributes:
        refusal: the server's words.
    """

    def __init__(self, refusal: ResponseError) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class StockQoS(RestoringQoS):
    """Kombu's, which acknowledges one by one and survives a refusal."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._refused_acks = Refusals("The broker takes no acknowledgements: messages are redelivered")

    def append(self, message: Any, delivery_tag: str) -> None:
        try:
            super().append(message, delivery_tag)
        except ResponseError as error:
            raise NotRecordedError(self._named(error)) from error

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
    """Kombu's, which puts back what it cannot record, pauses while it is refused, and drops invalid messages."""

    QoS = StockQoS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The list and the text of each message that was taken and is neither recorded nor back on its list.
        self._unrecorded: deque[tuple[str, str]] = deque()
        # The list and the bytes of the message that came last, until it is known to be valid.
        self._last: tuple[str, bytes] | None = None
        self._refused = Refusals("The broker gives no messages")
        self._refused_lists = Refusals("A queue gives no messages")
        # Whether a refusal has not been explained yet, or a key is still of another type.
        self._is_suspicious = False
        super().__init__(*args, **kwargs)

    def basic_consume(
        self, queue: str, no_ack: bool, callback: Callable[[Any], Any], *args: Any, **kwargs: Any
    ) -> Any:
        def consume(message: Any) -> Any:
            # The message is valid: errors from here on are the consumer's.
            self._last = None
            return callback(message)

        result = super().basic_consume(queue, no_ack, consume, *args, **kwargs)
        deliver = self.connection._callbacks[queue]

        def deliver_or_put_back(payload: Any) -> Any:
            self.check_compression(payload)
            try:
                return deliver(payload)
            except NotRecordedError as error:
                priority = self._get_message_priority(payload, reverse=False)
                self._unrecorded.append((self._q_for_pri(queue, priority), dumps(payload)))
                self._put_back()
                self._note(error.refusal)

        self.connection._callbacks[queue] = deliver_or_put_back
        return result

    def _brpop_start(self, timeout: float | None = None) -> None:
        if self._refused.is_pausing or not self._put_back():
            return
        if not self._is_suspicious:
            super()._brpop_start(timeout)
            return
        lists = self._valid_lists()
        if not lists:
            return
        self._in_poll = connection = self.client.connection
        self._brpop_sent_at = redis.monotonic()
        timeout = self.brpop_timeout if timeout is None else timeout
        connection.send_command("BRPOP", *(self.global_keyprefix + key for key in lists), timeout or 0)

    def _create_client(self, asynchronous: bool = False) -> Any:
        client = super()._create_client(asynchronous)
        client.set_response_callback("BRPOP", self._valid_reply)
        return client

    def _valid_reply(self, reply: list[bytes] | None, **_: Any) -> tuple[bytes, bytes] | None:
        """The reply as kombu takes it; None, as after a wait in vain, if kombu is not to see the message."""
        if not reply:
            return None
        key, raw = reply
        self._last = (bytes_to_str(key), raw)
        if reason := self.invalid_length(raw):
            self.on_invalid(*self._last, reason)
            return None
        return key, raw

    def _brpop_read(self, **options: Any) -> bool | None:
        self._last = None
        try:
            delivered: bool | None = super()._brpop_read(**options)
            return delivered
        except ResponseError as error:
            self._is_suspicious = True
            if not is_wrong_type(error):
                self._note(error)
            # Otherwise the next request finds out which key is to blame.
            raise Empty from error
        except Exception as error:
            if self._last is None or self._is_brokers_fault(error):
                raise
            # Kombu's JSON makes objects of some values, whose classes fail in ways of their own.
            self.on_invalid(*self._last, f"message: {type(error).__name__}: {error}")
            raise Empty from error

    def _is_brokers_fault(self, error: Exception) -> bool:
        # A message with a part that cannot be sent to Redis raises DataError.
        errors = (Empty, *server_errors(self.connection_errors))
        return isinstance(error, errors) and not isinstance(error, DataError)

    def _valid_lists(self) -> list[str]:
        """The lists that messages can be taken from; none if those messages could not be recorded."""
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

    def _put_back(self) -> bool:
        """Put unrecorded messages back onto their lists; whether all are."""
        with self.conn_or_acquire() as client:
            while self._unrecorded:
                try:
                    client.rpush(*self._unrecorded[0])
                except ResponseError as error:
                    self._note(error)
                    return False
                self._unrecorded.popleft()
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
            for queue, text in self._unrecorded:
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
