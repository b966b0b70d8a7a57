"""What the channels of both lanes have in common: invalid messages and wrong keys do not stop a consumer."""

from collections.abc import Callable, Iterable
from typing import Any

from kombu.log import get_logger
from kombu.transport import redis
from kombu.utils.encoding import bytes_to_str
from redis.exceptions import RedisError, ResponseError

from leaderboard.connections.redis_errors import is_wrong_type
from tasks.fastlane.broker.refusals import Refusals, wrong_type

logger = get_logger(__name__)


class TolerantChannel(redis.Channel):
    """Kombu's Redis channel, which goes on where kombu's fails.

    A key of the wrong type, whoever made it, makes a consumer wait and not fail; the first to read such keys are a
    starting consumer's depths of queues and bindings. A message that is invalid or too long is passed to
    `on_invalid` and dropped. Kombu's channel ends the worker's loop at an invalid message, and decompresses
    messages of any length.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        #: Bytes of a message at most; then compressed messages are invalid too. None: any number.
        self.message_max: int | None = None
        #: Called with the queue, the bytes and the reason before an invalid message is dropped.
        self.on_invalid: Callable[[str, bytes, str], None] = log_invalid
        #: Called each time the server refuses to give messages; None: nobody listens.
        self.on_refusal: Callable[[], None] | None = None
        self._refused_bindings = Refusals("The broker does not record or tell which queues there are")
        self._refused_sizes = Refusals("The broker does not tell how deep a queue is")
        super().__init__(*args, **kwargs)

    # --- invalid messages

    def invalid_length(self, raw: bytes) -> str | None:
        """Why a message's length is invalid; None if it is valid."""
        if self.message_max is None or len(raw) <= self.message_max:
            return None
        return f"message: {len(raw):,} bytes, more than {self.message_max:,}"

    def check_compression(self, payload: dict[str, Any]) -> None:
        """Refuse a compressed message: kombu decompresses at once, and a thousand bytes can become a billion.

        Raises:
            ValueError: it is compressed, and messages have a bound.
        """
        if self.message_max is not None and payload["headers"].get("compression"):
            raise ValueError("compressed, so that it may be of any length")

    # --- keys of the wrong type

    def wrong_types(self, types: dict[str, str]) -> dict[str, str]:
        """The keys that exist with another type than they should have, by key the type.

        Args:
            types: by key, the type that it should have.
        """
        prefix = self.global_keyprefix
        with self.conn_or_acquire() as client:
            found = {key: bytes_to_str(client.type(prefix + key)) for key in types}
        return {key: type for key, type in found.items() if type not in (types[key], "none")}

    def named(self, error: ResponseError, types: dict[str, str]) -> ResponseError:
        """The error; if it is about a key's type, one that names the key."""
        if not is_wrong_type(error):
            return error
        wrong = self.wrong_types(types)
        return next((wrong_type(key, found, types[key]) for key, found in wrong.items()), error)

    # --- depths of queues

    def _size(self, queue: str) -> int:
        # One by one: a server whose memory is full refuses transactions, also those that only read.
        return sum(self._length(self._q_for_pri(queue, priority)) for priority in self.priority_steps)

    def _length(self, key: str) -> int:
        with self.conn_or_acquire() as client:
            try:
                return int(client.llen(key))
            except ResponseError as error:
                self._refused_sizes.note(self.named(error, {key: "list"}))
                return 0

    # --- bindings

    def _queue_bind(self, exchange: str, *args: Any) -> None:
        try:
            super()._queue_bind(exchange, *args)
        except ResponseError as error:
            # No reason to consume nothing: others have bound it before, or will when they send.
            self._refused_bindings.note(self.named(error, self._tables(exchange)))

    def get_table(self, exchange: str) -> list[tuple[str, ...]]:
        """Which queues are bound to an exchange: routing key, pattern and queue of each.

        Raises:
            redis.exceptions.ResponseError: the server refuses, and this process has bound none.
        """
        try:
            table: Iterable[tuple[str, ...]] = super().get_table(exchange)
        except ResponseError as error:
            named = self.named(error, self._tables(exchange))
            bound = [key for key in self.state.bindings if key.exchange == exchange]
            own: list[tuple[str, ...]] = [(key.routing_key or "", "", key.queue) for key in bound]
            if not own:
                raise named from error
            self._refused_bindings.note(named)
            return own
        # Kombu would fail on anything else in the set.
        return [binding for binding in table if len(binding) == 3]

    def _tables(self, exchange: str) -> dict[str, str]:
        names = (self.keyprefix_queue % (exchange,), self.keyprefix_binding_permanent % (exchange,))
        return dict.fromkeys(names, "set") | {self.keyprefix_binding_deadlines: "zset"}

    def maybe_refresh_binding_expiry(self) -> None:
        if self._refused_bindings.is_pausing:
            return
        try:
            super().maybe_refresh_binding_expiry()
        except ResponseError as error:
            self._refused_bindings.note(error)

    def after_reply_message_received(self, queue: str) -> None:
        try:
            super().after_reply_message_received(queue)
        except ResponseError as error:
            # The reply queue expires by itself.
            self._refused_bindings.note(error)


def server_errors(connection_errors: Iterable[type[BaseException]]) -> tuple[type[BaseException], ...]:
    """The errors that are the server's fault, and no message's.

    Args:
        connection_errors: kombu's. They include KeyError, which a message that lacks a part raises as well.
    """
    return (RedisError, OSError, *(each for each in connection_errors if each is not KeyError))


def log_invalid(queue: str, raw: bytes, reason: str) -> None:
    """Log what is dropped."""
    logger.critical("Dropped an invalid message from %s, %s: %r", queue, reason, raw[:1000])
