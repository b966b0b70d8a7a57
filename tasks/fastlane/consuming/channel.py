"""Fetches many messages at a time, from the same lists and with the same records of what is held as kombu.

Kombu takes one message off its list with ``BRPOP`` and notes afterwards that it holds it. Here one script takes up
to hundreds, over all queues and priorities, and notes them in the same step: no message is ever in neither place.
Waiting is a ``BLMOVE`` of a list's last message onto its own place, which returns when there is one and changes
nothing.
"""

import os
from collections import deque
from collections.abc import Callable, Container, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, NamedTuple, Protocol

from kombu.log import get_logger
from kombu.transport import redis
from kombu.transport.virtual import Empty
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps, loads
from kombu.utils.scheduling import priority_cycle
from redis.exceptions import OutOfMemoryError, TimeoutError

from leaderboard.redis_errors import is_wrong_type
from tasks.fastlane.broker.refusals import PAUSE, Refusals, wrong_type
from tasks.fastlane.broker.tolerant_channel import TolerantChannel
from tasks.fastlane.consuming.envelope import Lot, task_message
from tasks.fastlane.consuming.fetch import FETCH
from tasks.fastlane.consuming.pipe import Command
from tasks.fastlane.consuming.qos import QoS

logger = get_logger(__name__)

#: Messages that the script can record in one call; with more it would lose those that it has taken.
FETCH_MOST = 1_000
#: Bytes of messages after which a fetch ends, so that those that are far too long come few at a time.
FETCH_BYTES = 4_000_000
#: Fetches under way while there is a backlog. The server may be at something long when the next lot is wanted.
FETCHES = 3
#: A fetch tells of a backlog when it brings this part of what one may bring: more are then asked for at once.
MANY = 2
#: Below this part the next fetch lingers, or it would bring one or two. Between the two it is wanted at once and
#: waits in Redis for what comes while these are worked on.
FEW = 8
#: Seconds without another lot after which the end of those that have begun is waited for.
SETTLE = 0.005


class LotHandler(Protocol):
    """Takes the messages of one task in lots."""

    #: Whose messages; None: all queues'.
    queues: Container[str] | None

    def accepts(self) -> bool:
        """Whether it takes lots now; else the messages are delivered one by one."""
        ...

    def take(self, lot: Lot) -> list[str]:
        """Take a lot over, to acknowledge each message when it is done with.

        Returns:
            The tags of those messages that it does not take: they are delivered one by one.
        """
        ...

    def settle(self) -> None:
        """See to the end of what it has taken: no more is on its way."""
        ...

    def close(self) -> None:
        """See to the end of what it has begun. What it has not is given back."""
        ...


class _List(NamedTuple):
    queue: str
    key: str


class _Fetch(NamedTuple):
    """A fetch whose reply is outstanding."""

    lists: list[_List]
    prefix: str
    most: int
    replies: deque[str]


class _Item(NamedTuple):
    """A message that has been fetched."""

    queue: str
    tag: str
    raw: bytes


class BulkChannel(TolerantChannel):
    """Kombu's Redis channel with bulk fetches and bulk acknowledgements.

    More transport options than kombu's:

    * ``fetch_max`` - (int) messages per fetch; prefetch credit limits them as well. At most 1,000.
    * ``fetch_linger`` - (float) seconds until the next fetch after one that brought next to nothing.
    * ``fetch_wait`` - (float) seconds for which an idle consumer of several lists waits on the one that gave
      messages last, before it looks at the others. A priority of a queue is a list of its own.
    * ``deliver_budget`` - (float) seconds after which a delivery of messages one by one lets the event loop turn.
    """

    QoS = QoS

    fetch_max = 500
    fetch_linger = 0.004
    fetch_wait = 0.1
    deliver_budget = 0.05

    from_transport_options = (
        *redis.Channel.from_transport_options,
        "fetch_max",
        "fetch_linger",
        "fetch_wait",
        "deliver_budget",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        #: By task, who takes its messages in lots.
        self.lot_handlers: dict[str, LotHandler] = {}
        #: Bytes of a message at most, for one that event loops bring, and none is compressed; None: any number.
        self.message_max: int | None = None
        #: Told the queue, the bytes and the fault of what is no message, or a longer one, before it is dropped.
        self.on_junk: Callable[[str, bytes, str], None] = log_junk
        # Oldest first: their replies come in this order.
        self._fetching: deque[_Fetch] = deque()
        self._fetched: deque[_Item] = deque()
        self._tag_prefix = _tag_prefix()
        self._fetches = 0
        self._full = False
        self._linger_until = 0.0
        self._refused_fetches = Refusals("The broker gives no messages")
        self._refused_lists = Refusals("A queue gives no messages")
        # Which were met last, by their types: what should be lists, and is something else.
        self._wrong: dict[str, str] = {}
        self._wrong_lists_are_all = False
        self._last_key = ""
        self._no_ack_queues: set[str] = set()
        super().__init__(*args, **kwargs)

    @property
    def loops(self) -> bool:
        """Whether an event loop turns that will call again."""
        return not self._closing and getattr(self.connection, "loop", None) is not None

    @property
    def brings_more(self) -> bool:
        """Whether messages have been asked for, of those that were queued when the last ones came."""
        return self._full and bool(self._fetching)

    # --- consumers

    def basic_consume(self, queue: str, no_ack: bool, *args: Any, **kwargs: Any) -> Any:
        if no_ack:
            self._no_ack_queues.add(queue)
        return super().basic_consume(queue, no_ack, *args, **kwargs)

    def _basic_cancel(self, consumer_tag: str) -> Any:
        self._no_ack_queues.discard(self._tag_to_queue.get(consumer_tag))
        return super()._basic_cancel(consumer_tag)

    def basic_get(self, queue: str, no_ack: bool = False, **kwargs: Any) -> Any:
        if no_ack or not self.ack_emulation:
            return super().basic_get(queue, no_ack, **kwargs)
        payload = None
        with self.conn_or_acquire() as client:
            while payload is None:
                fetch = self._plan([queue], 1)
                items = self._items(fetch, client.execute_command(*self._script(fetch, [queue])))
                self._tell_of_wrong_lists(fetch)
                if not items:
                    break
                self.qos.hold(item.tag for item in items)
                payload = self._payload(items[0])
            self._maybe_update_queues_expire(client, queue)
        if payload is None:
            return None
        message = self.Message(payload, channel=self)
        self.qos.append(message, message.delivery_tag)
        return message

    # --- fetching

    def _brpop_start(self, timeout: float | None = None) -> None:
        """Ask for messages; named as kombu's poller calls it."""
        if not self.ack_emulation:
            super()._brpop_start(timeout)
            return
        if self._fetched or (self.loops and (monotonic() < self._linger_until or self._is_refused)):
            return
        queues = self._queue_cycle.consume(len(self.active_queues))
        most = self._credit()
        if not queues or most <= 0:
            return
        fetch = self._plan(queues, most)
        commands = [self._script(fetch, queues)]
        wait = self._wait(fetch, self.brpop_timeout if timeout is None else timeout)
        if wait and not self._full:
            commands.insert(0, wait)
            fetch.replies.appendleft("wait")
        connection = self.client.connection
        self._in_poll = connection
        self._brpop_sent_at = redis.monotonic()
        # A check of its health would take an outstanding reply for its own.
        options = {"check_health": False} if self._fetching else {}
        self._fetching.append(fetch)
        try:
            connection.send_packed_command(connection.pack_commands(commands), **options)
        except BaseException:
            self._give_up_fetch()
            raise

    @property
    def _is_refused(self) -> bool:
        """Whether it is too early to ask again a server that gave nothing."""
        wrong = self._wrong_lists_are_all and self._refused_lists.hold
        return wrong or self._refused_fetches.hold

    def _credit(self) -> int:
        if not self._ahead:
            return 1
        credit: int | None = self.qos.can_consume_max_estimate()
        if credit is None:
            return self.fetch_max
        return min(self.fetch_max, credit - sum(fetch.most for fetch in self._fetching))

    @property
    def _ahead(self) -> bool:
        """Whether messages may be fetched before those that came earlier have been looked at."""
        # Each call of drain_events delivers one message, and whoever counts the calls counts on it. Celery's
        # worker_disable_prefetch allows one more message at a time.
        return self.loops and "can_consume" not in vars(self.qos)

    def _plan(self, queues: list[str], most: int) -> _Fetch:
        self._fetches += 1
        lists = [
            _List(queue, self._q_for_pri(queue, priority)) for priority in self.priority_steps for queue in queues
        ]
        return _Fetch(lists, f"{self._tag_prefix}.{self._fetches}.", most, deque(["fetch"]))

    def _script(self, fetch: _Fetch, queues: list[str]) -> Command:
        prefix = self.global_keyprefix
        keys = (self.unacked_key, self.unacked_index_key, *(each.key for each in fetch.lists))
        # One that gives turns is the base of those that do not.
        shared = not isinstance(self._queue_cycle, priority_cycle)
        return (
            "EVAL",
            FETCH,
            len(keys),
            *(prefix + key for key in keys),
            fetch.most,
            fetch.prefix,
            len(queues),
            int(shared),
            FETCH_BYTES,
            # Of what was published to the default exchange: it is bound to all queues by their names.
            *(f', "", {dumps(queue)}]' for queue in queues),
        )

    def _wait(self, fetch: _Fetch, timeout: float) -> Command | None:
        """What waits for a message; None where no key is known that one can be on."""
        keys = [each.key for each in fetch.lists if each.key not in self._wrong]
        if not keys:
            return None
        key = self.global_keyprefix + (self._last_key if self._last_key in keys else keys[0])
        if len(keys) > 1:
            timeout = min(self.fetch_wait, timeout or self.fetch_wait)
        return ("BLMOVE", key, key, "RIGHT", "RIGHT", timeout or 0)

    def _brpop_read(self, **options: Any) -> bool | None:
        """Take what came; named as kombu's poller calls it."""
        if not self._fetching:
            # No reply is due: what there is to read is the end of the connection.
            delivered: bool | None = super()._brpop_read(**options)
            return delivered
        fetch = self._fetching[0]
        reply = self._read_replies(fetch)
        if reply is None:
            return None
        self._flush_brpop_reauth()
        items = self._items(fetch, reply)
        self._tell_of_wrong_lists(fetch)
        self._note(fetch, items)
        self.qos.hold(item.tag for item in items)
        # Not before these are held: it may find the connection at its end.
        self._look_for_more()
        if not items:
            raise Empty()
        if self._closing:
            # All that is held is given back a moment later.
            return True
        if self._ahead and self.qos.can_consume():
            for _ in range((FETCHES if self._full else 1) - len(self._fetching)):
                self._brpop_start()
        items = self._of_a_size(items)
        self._fetched.extend(self._deliver_lots(items) if self.lot_handlers else items)
        if not self._fetching or self._fetched:
            # What comes by itself is not to overtake a lot that has begun: that would have to begin anew.
            self._settle_lots()
        else:
            self.connection.call_after(SETTLE, self._settle_open)
        self._deliver_fetched()
        return True

    def _read_replies(self, fetch: _Fetch) -> list[Any] | None:
        """The script's reply; None while the event loop has to wait for the rest of it."""
        connection = self.client.connection
        reply: list[Any] | None = None
        try:
            while fetch.replies:
                try:
                    reply = self._read(connection)
                except TimeoutError:
                    if self.loops:
                        return None
                    raise
                except self.ResponseError as error:
                    # A server without memory to write refuses to wait, and can be emptied all the same. Which key
                    # is of another type, the fetch that follows says.
                    if fetch.replies[0] == "wait" and is_wrong_type(error):
                        pass
                    elif self.loops:
                        self._refused_fetches.note(error)
                        self._pause()
                    elif fetch.replies[0] != "wait" or not isinstance(error, OutOfMemoryError):
                        raise
                    reply = []
                fetch.replies.popleft()
        except BaseException:
            self._give_up_fetch()
            raise
        self._fetching.popleft()
        if not self._fetching:
            self._in_poll = None
            if connection.should_reconnect():
                connection.disconnect()
        return reply

    def _pause(self) -> None:
        if self.on_refusal:
            self.on_refusal()
        self.connection.wake_after(PAUSE)

    def _look_for_more(self) -> None:
        """Have the next reply read that was taken off the socket with the last: the loop hears nothing of it."""
        if self._fetching and self.loops and self.client.connection.can_read(timeout=0):
            self.connection.call_soon(self._read_on)

    def _read_on(self) -> None:
        if not self._fetching:
            return
        if not self.qos.can_consume():
            # The prefetch count was lowered meanwhile, and nothing else will tell of this reply.
            self.connection.call_after(PAUSE, self._read_on)
            return
        with suppress(Empty):
            self._brpop_read()

    def _read(self, connection: Any) -> Any:
        if self.loops:
            # The server may be at something long between two parts of a reply.
            return connection.read_response(timeout=0, disconnect_on_error=False)
        return connection.read_response()

    def _give_up_fetch(self) -> None:
        """Forget the fetch; what it may have brought comes back after the visibility timeout."""
        self._in_poll = None
        self._fetching.clear()
        connection = self.client.connection
        if connection is not None:
            connection.disconnect()

    def _on_connection_disconnect(self, connection: Any) -> None:
        if self._in_poll is connection:
            self._fetching.clear()
        super()._on_connection_disconnect(connection)

    def _items(self, fetch: _Fetch, reply: list[Any]) -> list[_Item]:
        items: list[_Item] = []
        self._wrong = {}
        for number, raws in zip(reply[::2], reply[1::2], strict=True):
            queue, key = fetch.lists[number - 1]
            if isinstance(raws, bytes):
                self._wrong[key] = bytes_to_str(raws)
                continue
            items += [_Item(queue, f"{fetch.prefix}{n:04}", raw) for n, raw in enumerate(raws, len(items) + 1)]
            self._last_key = key
        return items

    def _tell_of_wrong_lists(self, fetch: _Fetch) -> None:
        """Say so where keys are no lists. What there is on others, of the same queue too, is worked on meanwhile.

        Raises:
            redis.exceptions.ResponseError: no event loop turns that would wait, and none of the keys is a list.
        """
        self._wrong_lists_are_all = bool(self._wrong) and len(self._wrong) == len(
            {each.key for each in fetch.lists}
        )
        for key, found in self._wrong.items():
            error = wrong_type(key, found, "list")
            if self._wrong_lists_are_all and not self.loops:
                raise error
            self._refused_lists.note(error)
        if self._wrong_lists_are_all:
            self._pause()

    def _note(self, fetch: _Fetch, items: list[_Item]) -> None:
        """Learn from what a fetch brought when to look next, and in what order."""
        for queue in dict.fromkeys(item.queue for item in items):
            self._queue_cycle.rotate(queue)
        if not self.loops:
            return
        self._full = len(items) >= min(fetch.most, max(1, self.fetch_max // MANY))
        if len(items) < min(fetch.most, max(1, self.fetch_max // FEW)):
            self._linger_until = monotonic() + self.fetch_linger
            self.connection.wake_after(self.fetch_linger)

    # --- delivering

    def _deliver_fetched(self) -> None:
        """Hand on one by one what has been fetched and nobody took in lots."""
        until = monotonic() + self.deliver_budget
        try:
            while self._fetched and not self._closing:
                self._deliver(self._fetched.popleft())
                if self.loops and monotonic() > until:
                    break
        finally:
            # Also where a consumer failed on a message, for the next ones are none the worse.
            if self._fetched and self.loops:
                self.connection.call_soon(self._deliver_fetched)

    def _deliver(self, item: _Item) -> None:
        if item.queue not in self.connection._callbacks:
            # Its consumer has been cancelled since.
            self.qos.reject(item.tag, requeue=True)
            return
        payload = self._payload(item)
        if payload is None:
            return
        if item.queue in self._no_ack_queues:
            if self.loops:
                self.qos.ack(item.tag)
            else:
                # By the connection that has just answered, for others may have died unnoticed.
                self.qos.ack_by(self.client, item.tag)
        self.connection._deliver(payload, item.queue)

    def _of_a_size(self, items: list[_Item]) -> list[_Item]:
        most = self.message_max
        if most is None or max(len(item.raw) for item in items) <= most:
            return items
        for item in items:
            if len(item.raw) > most:
                self._discard(item, f"message: {len(item.raw):,} bytes, more than {most:,}")
        return [item for item in items if len(item.raw) <= most]

    def _discard(self, item: _Item, reason: str) -> None:
        self.on_junk(item.queue, item.raw, reason)
        self.qos.ack(item.tag)

    def _deliver_lots(self, items: Sequence[_Item]) -> list[_Item]:
        """Hand on those messages that somebody takes in lots.

        Returns:
            The others.
        """
        accepting = {name: handler for name, handler in self.lot_handlers.items() if handler.accepts()}
        consumed = self.connection._callbacks
        lots: dict[str, Lot] = {}
        left: set[str] = set()
        for item in items:
            message = task_message(item.raw)
            handler = accepting.get(message[0]) if message else None
            if message is None or handler is None or item.queue not in consumed:
                left.add(item.tag)
                continue
            if handler.queues is not None and item.queue not in handler.queues:
                left.add(item.tag)
                continue
            task, task_id, body = message
            lot = lots.get(task) or lots.setdefault(task, Lot([], [], []))
            lot.tags.append(item.tag)
            lot.ids.append(task_id)
            lot.bodies.append(body)
        for task, lot in lots.items():
            left.update(accepting[task].take(lot))
        for task, handler in self.lot_handlers.items():
            if task not in lots:
                # Those of other tasks do not put off the end of its own.
                handler.settle()
        return [item for item in items if item.tag in left]

    def _settle_open(self) -> None:
        if not self._closing:
            self._settle_lots()

    def _settle_lots(self) -> None:
        for handler in self.lot_handlers.values():
            handler.settle()

    def _payload(self, item: _Item) -> dict[str, Any] | None:
        """The message as kombu takes it, under its delivery's tag; None, and discarded, where it is none."""
        try:
            payload: dict[str, Any] = loads(bytes_to_str(item.raw))
            payload["properties"]["delivery_tag"] = item.tag
            if self.message_max is not None and payload["headers"].get("compression"):
                # Kombu takes it apart at once, and a thousand bytes can become a billion.
                raise ValueError("compressed, so that it may be of any length")
            self.Message(payload, channel=self)
        except Exception as error:
            # Kombu's JSON makes objects of some, whose classes fail in ways of their own.
            self._discard(item, f"message: {type(error).__name__}: {error}")
            return None
        return payload

    # --- the end

    def close(self) -> None:
        try:
            for handler in self.lot_handlers.values():
                handler.close()
        finally:
            self._closing = True
            try:
                # Kombu sees to the last one.
                while len(self._fetching) > 1:
                    with suppress(Empty):
                        self._brpop_read()
                super().close()
            finally:
                # Giving messages back opened it anew.
                self._disconnect_pools()

    def _disconnect_pools(self) -> None:
        if isinstance(self._qos, QoS):
            self._qos.hang_up()
        super()._disconnect_pools()

    def _after_fork(self) -> None:
        # What has been fetched is the parent's, and so are the tags that it goes on to give.
        self._fetching.clear()
        self._fetched.clear()
        self._tag_prefix = _tag_prefix()
        super()._after_fork()


def log_junk(queue: str, raw: bytes, reason: str) -> None:
    logger.critical("Dropped what is no message from %s, %s: %r", queue, reason, raw[:1000])


def _tag_prefix() -> str:
    """What no other consumer's tags begin with, before or after, so that every delivery's tag is its own."""
    return os.urandom(9).hex()
