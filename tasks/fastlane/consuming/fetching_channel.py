"""A Redis channel that fetches many messages at a time, from kombu's lists and with kombu's records.

Kombu takes one message off its list (``BRPOP``) and records afterwards that it is unacknowledged. Here one script
takes up to hundreds, over all queues and priorities, and records them in the same step: a message is always in its
list or on record. An idle channel waits with a ``BLMOVE`` of a list's last message onto its own place, which
returns as soon as there is one and changes nothing.
"""

import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from kombu.transport import redis
from kombu.transport.virtual import Empty
from redis.exceptions import OutOfMemoryError, TimeoutError

from leaderboard.connections.redis_errors import is_wrong_type
from tasks.fastlane.broker.refusals import PAUSE, Refusals, wrong_type
from tasks.fastlane.broker.tolerant_channel import TolerantChannel
from tasks.fastlane.consuming.fetch import Command, Fetch, Fetched, QueueList, RawMessage
from tasks.fastlane.consuming.qos import QoS

#: Fetches in flight while there is a backlog: the server may be busy when the next messages are needed.
FETCHES = 3
#: There is a backlog if a fetch brings at least 1/2 of what it may bring: more fetches follow at once.
BACKLOG_SHARE = 2
#: If a fetch brings less than 1/8, the next one lingers, or it would bring one or two messages. Between the two
#: the next one is sent at once, and waits in Redis while these messages run.
LINGER_SHARE = 8


class FetchingChannel(TolerantChannel, ABC):
    """Fetches in bulk; a subclass says what becomes of the messages.

    More transport options than kombu's:

    * ``fetch_max`` - (int) messages per fetch, at most 1,000; the prefetch count limits them as well.
    * ``fetch_linger`` - (float) seconds until the next fetch after one that brought next to nothing.
    * ``fetch_wait`` - (float) seconds for which an idle consumer of several lists waits on the one that gave
      messages last, before it looks at the others. Each priority of a queue is a list of its own.
    """

    QoS = QoS

    fetch_max = 500
    fetch_linger = 0.004
    fetch_wait = 0.1

    from_transport_options = (
        *redis.Channel.from_transport_options,
        "fetch_max",
        "fetch_linger",
        "fetch_wait",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Oldest first, the order of their replies.
        self._in_flight: deque[Fetch] = deque()
        # Fetched and not delivered yet.
        self._prefetched: deque[RawMessage] = deque()
        self._tag_prefix = _new_tag_prefix()
        self._fetches = 0
        self._has_backlog = False
        self._linger_until = 0.0
        self._refused_fetches = Refusals("The broker gives no messages")
        self._refused_lists = Refusals("A queue gives no messages")
        # By key, of the lists of the last fetch.
        self._wrong_types: dict[str, str] = {}
        self._all_lists_are_wrong = False
        # The list that gave messages last.
        self._last_key = ""
        super().__init__(*args, **kwargs)

    @property
    def has_loop(self) -> bool:
        """Whether an event loop turns that will call again."""
        return not self._closing and getattr(self.connection, "loop", None) is not None

    @property
    def more_is_coming(self) -> bool:
        """Whether more messages of a backlog have been asked for."""
        return self._has_backlog and bool(self._in_flight)

    @abstractmethod
    def _deliver_all(self, messages: list[RawMessage]) -> None:
        """Hand on what a fetch brought; its messages are on record as unacknowledged."""

    # --- ask for messages

    def _brpop_start(self, timeout: float | None = None) -> None:
        """Ask for messages; named as kombu's poller calls it."""
        if not self.ack_emulation:
            super()._brpop_start(timeout)
            return
        if self._prefetched or (self.has_loop and (monotonic() < self._linger_until or self._is_refused)):
            return
        queues = self._queue_cycle.consume(len(self.active_queues))
        most = self._prefetch_credit()
        if not queues or most <= 0:
            return
        fetch = self._new_fetch(queues, most)
        commands = [fetch.command(self)]
        wait = self._wait_command(fetch, self.brpop_timeout if timeout is None else timeout)
        if wait and not self._has_backlog:
            commands.insert(0, wait)
            fetch.waits = True
        self._send(fetch, commands)

    def _send(self, fetch: Fetch, commands: Sequence[Command]) -> None:
        connection = self.client.connection
        self._in_poll = connection
        self._brpop_sent_at = redis.monotonic()
        # A health check would read the reply of a fetch in flight as its own.
        options = {"check_health": False} if self._in_flight else {}
        self._in_flight.append(fetch)
        try:
            connection.send_packed_command(connection.pack_commands(commands), **options)
        except BaseException:
            self._abandon_fetches()
            raise

    @property
    def _is_refused(self) -> bool:
        """Whether it is too early to ask again after the server refused."""
        return self._refused_fetches.is_pausing or (self._all_lists_are_wrong and self._refused_lists.is_pausing)

    def _prefetch_credit(self) -> int:
        """How many more messages may be fetched."""
        if not self._may_prefetch:
            return 1
        credit: int | None = self.qos.can_consume_max_estimate()
        if credit is None:
            return self.fetch_max
        return min(self.fetch_max, credit - sum(fetch.most for fetch in self._in_flight))

    @property
    def _may_prefetch(self) -> bool:
        """Whether messages may be fetched before the earlier ones have been delivered."""
        # Without an event loop each call of drain_events delivers one message, and callers count on it. Celery's
        # worker_disable_prefetch, which replaces can_consume, allows one message at a time.
        return self.has_loop and "can_consume" not in vars(self.qos)

    def _new_fetch(self, queues: list[str], most: int) -> Fetch:
        self._fetches += 1
        lists = [
            QueueList(queue, self._q_for_pri(queue, priority))
            for priority in self.priority_steps
            for queue in queues
        ]
        return Fetch(queues, lists, most, f"{self._tag_prefix}.{self._fetches}.")

    def _wait_command(self, fetch: Fetch, timeout: float) -> Command | None:
        """What waits for a message; None if none of the keys is a list."""
        keys = [each.key for each in fetch.lists if each.key not in self._wrong_types]
        if not keys:
            return None
        key = self.global_keyprefix + (self._last_key if self._last_key in keys else keys[0])
        if len(keys) > 1:
            timeout = min(self.fetch_wait, timeout or self.fetch_wait)
        return ("BLMOVE", key, key, "RIGHT", "RIGHT", timeout or 0)

    # --- read what came

    def _brpop_read(self, **options: Any) -> bool | None:
        """Read what came; named as kombu's poller calls it."""
        if not self._in_flight:
            # No reply is due: what there is to read is the end of the connection.
            delivered: bool | None = super()._brpop_read(**options)
            return delivered
        fetch = self._in_flight[0]
        reply = self._read_reply(fetch)
        if reply is None:
            return None
        self._flush_brpop_reauth()
        messages = self._record(fetch, fetch.read(reply))
        self._plan_next(fetch, messages)
        # Only now that these are recorded: it may find that the connection has ended.
        self._read_buffered_reply()
        if not messages:
            raise Empty()
        if self._closing:
            # All that is unacknowledged is restored a moment later.
            return True
        if self._may_prefetch and self.qos.can_consume():
            for _ in range((FETCHES if self._has_backlog else 1) - len(self._in_flight)):
                self._brpop_start()
        self._deliver_all(messages)
        return True

    def _read_reply(self, fetch: Fetch) -> list[Any] | None:
        """The script's reply; None while the event loop has to wait for the rest of it."""
        connection = self.client.connection
        try:
            if fetch.waits:
                self._read_part(connection, fetch)
                fetch.waits = False
            reply = self._read_part(connection, fetch)
        except TimeoutError:
            if self.has_loop:
                return None
            self._abandon_fetches()
            raise
        except BaseException:
            self._abandon_fetches()
            raise
        self._in_flight.popleft()
        if not self._in_flight:
            self._in_poll = None
            if connection.should_reconnect():
                connection.disconnect()
        return reply

    def _read_part(self, connection: Any, fetch: Fetch) -> list[Any]:
        """The next reply of a fetch; empty if the server refused and may be asked again."""
        # A busy server may pause between two parts of a reply: an event loop does not wait for the second.
        options = {"timeout": 0, "disconnect_on_error": False} if self.has_loop else {}
        try:
            reply: list[Any] = connection.read_response(**options)
        except self.ResponseError as error:
            # The script behind a wait tells which key is of another type.
            if not (fetch.waits and is_wrong_type(error)):
                self._note_refused_fetch(error, waits=fetch.waits)
            return []
        return reply

    def _note_refused_fetch(self, error: Exception, waits: bool) -> None:
        if self.has_loop:
            self._refused_fetches.note(error)
            self._pause()
        # A server whose memory is full refuses to wait, and its lists can be emptied all the same.
        elif not (waits and isinstance(error, OutOfMemoryError)):
            raise error

    def _pause(self) -> None:
        if self.on_refusal:
            self.on_refusal()
        self.connection.wake_after(PAUSE)

    def _read_buffered_reply(self) -> None:
        """Have the next reply read if the last read brought it along: the loop hears nothing of it."""
        if self._in_flight and self.has_loop and self.client.connection.can_read(timeout=0):
            self.connection.call_soon(self._read_next)

    def _read_next(self) -> None:
        if not self._in_flight:
            return
        if not self.qos.can_consume():
            # The prefetch count was lowered meanwhile, and nothing else will tell of this reply.
            self.connection.call_after(PAUSE, self._read_next)
            return
        with suppress(Empty):
            self._brpop_read()

    def _abandon_fetches(self) -> None:
        """Forget all fetches. The messages that they took are restored after the visibility timeout."""
        self._in_poll = None
        self._in_flight.clear()
        connection = self.client.connection
        if connection is not None:
            connection.disconnect()

    def _on_connection_disconnect(self, connection: Any) -> None:
        if self._in_poll is connection:
            self._in_flight.clear()
        super()._on_connection_disconnect(connection)

    # --- learn from what came

    def _record(self, fetch: Fetch, fetched: Fetched) -> list[RawMessage]:
        """Count the messages that a fetch brought as unacknowledged, as the server does."""
        self._report_wrong_lists(fetch, fetched.wrong_types)
        self._last_key = fetched.last_key or self._last_key
        self.qos.append_fetched(message.tag for message in fetched.messages)
        return fetched.messages

    def _plan_next(self, fetch: Fetch, messages: Sequence[RawMessage]) -> None:
        """Learn from what a fetch brought when to fetch next, and from which queue first."""
        for queue in dict.fromkeys(message.queue for message in messages):
            self._queue_cycle.rotate(queue)
        if not self.has_loop:
            return
        self._has_backlog = len(messages) >= min(fetch.most, max(1, self.fetch_max // BACKLOG_SHARE))
        if len(messages) < min(fetch.most, max(1, self.fetch_max // LINGER_SHARE)):
            self._linger_until = monotonic() + self.fetch_linger
            self.connection.wake_after(self.fetch_linger)

    def _report_wrong_lists(self, fetch: Fetch, wrong_types: dict[str, str]) -> None:
        """Log which keys are no lists. The other lists, also those of the same queue, are consumed meanwhile.

        Raises:
            redis.exceptions.ResponseError: none of the keys is a list, and no event loop turns that would wait.
        """
        self._wrong_types = wrong_types
        self._all_lists_are_wrong = bool(wrong_types) and len(wrong_types) == len(
            {each.key for each in fetch.lists}
        )
        for key, found in wrong_types.items():
            error = wrong_type(key, found, "list")
            if self._all_lists_are_wrong and not self.has_loop:
                raise error
            self._refused_lists.note(error)
        if self._all_lists_are_wrong:
            self._pause()

    # --- the end

    def close(self) -> None:
        self._closing = True
        try:
            # Kombu reads the last one.
            while len(self._in_flight) > 1:
                with suppress(Empty):
                    self._brpop_read()
            super().close()
        finally:
            # Restoring messages opened the pool anew.
            self._disconnect_pools()

    def _disconnect_pools(self) -> None:
        if isinstance(self._qos, QoS):
            self._qos.disconnect()
        super()._disconnect_pools()

    def _after_fork(self) -> None:
        # Fetches, messages and tags are the parent's.
        self._in_flight.clear()
        self._prefetched.clear()
        self._tag_prefix = _new_tag_prefix()
        super()._after_fork()


def _new_tag_prefix() -> str:
    """A prefix that no other consumer's tags have, before or after: every delivery's tag is its own."""
    return os.urandom(9).hex()
