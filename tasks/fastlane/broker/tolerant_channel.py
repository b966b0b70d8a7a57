"""What both lanes have in common: a channel that goes on where the server refuses what it can do without."""

from collections.abc import Callable, Iterable
from typing import Any

from kombu.transport import redis
from kombu.utils.encoding import bytes_to_str
from redis.exceptions import ResponseError

from leaderboard.redis_errors import is_wrong_type
from tasks.fastlane.broker.refusals import Refusals, wrong_type


class TolerantChannel(redis.Channel):
    """Kombu's Redis channel. A key of another type than it should have, whoever made it, does not end its owner.

    Depths of queues and bindings are such keys' first readers, when a consumer starts.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        #: Called each time that the server refuses, for the time being, to give messages; None: nobody asks.
        self.on_refusal: Callable[[], None] | None = None
        self._refused_bindings = Refusals("The broker does not note or tell which queues there are")
        self._refused_sizes = Refusals("The broker does not tell how deep a queue is")
        super().__init__(*args, **kwargs)

    def wrong_types(self, types: dict[str, str]) -> dict[str, str]:
        """Of keys the type of each that is there with another one.

        Args:
            types: by key, the type that it should have.
        """
        prefix = self.global_keyprefix
        with self.conn_or_acquire() as client:
            found = {key: bytes_to_str(client.type(prefix + key)) for key in types}
        return {key: type for key, type in found.items() if type not in (types[key], "none")}

    def named(self, error: ResponseError, types: dict[str, str]) -> ResponseError:
        """The error; where it is about a key's type, one that says which key it is."""
        if not is_wrong_type(error):
            return error
        wrong = self.wrong_types(types)
        return next((wrong_type(key, found, types[key]) for key, found in wrong.items()), error)

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

    def _queue_bind(self, exchange: str, *args: Any) -> None:
        try:
            super()._queue_bind(exchange, *args)
        except ResponseError as error:
            # No reason to consume nothing: others will have bound it before, or will when they send.
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
        # What else there is in the set, kombu would fail on.
        return [binding for binding in table if len(binding) == 3]

    def _tables(self, exchange: str) -> dict[str, str]:
        names = (self.keyprefix_queue % (exchange,), self.keyprefix_binding_permanent % (exchange,))
        return dict.fromkeys(names, "set") | {self.keyprefix_binding_deadlines: "zset"}

    def maybe_refresh_binding_expiry(self) -> None:
        if self._refused_bindings.hold:
            return
        try:
            super().maybe_refresh_binding_expiry()
        except ResponseError as error:
            self._refused_bindings.note(error)

    def after_reply_message_received(self, queue: str) -> None:
        try:
            super().after_reply_message_received(queue)
        except ResponseError as error:
            # It expires by itself.
            self._refused_bindings.note(error)
