"""One write of many messages to their queue's list."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from celery import Celery
from kombu import Queue
from kombu.common import maybe_declare
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import BusyLoadingError, RedisError, ResponseError

from leaderboard.pipelined_connection import PipelinedConnection

T = TypeVar("T")

# Kombu's pools do not stand it when two threads ask for the first time at once.
_pools = threading.Lock()


class WriteError(OperationalError):
    """The broker did not take a write.

    Attributes:
        doubtful: the write was begun and never answered, so the broker may hold its messages all the same.
    """

    def __init__(self, text: str, doubtful: bool) -> None:
        super().__init__(text)
        self.doubtful = doubtful


class Broker:
    """An app's broker, with as much patience as the app's configuration has at this time.

    Args:
        app: has the pool of connections, and the settings ``task_publish_retry``, ``task_publish_retry_policy``
            and ``broker_pool_acquire_timeout``.
    """

    def __init__(self, app: Celery) -> None:
        conf: Any = app.conf
        self._app: Any = app
        self._policy: dict[str, Any] | None = conf.task_publish_retry_policy if conf.task_publish_retry else None
        self._timeout: float | None = conf.broker_pool_acquire_timeout
        with _pools:
            self._app.pool  # noqa: B018

    def perform(self, action: Callable[[Any], T]) -> T:
        """Do something with a connection (:class:`kombu.Connection`).

        As in Celery's publishing a lost connection is made anew, and the action then done again.

        Raises:
            kombu.exceptions.OperationalError: the broker failed all the same.
        """
        with self._app.pool.acquire(block=True, timeout=self._timeout) as connection:
            if self._policy is None:
                with connection._reraise_as_library_errors():
                    return action(connection)
            # As kombu's own publish does, for it is from there that a first connection takes its patience.
            connection.transport_options.update(self._policy)
            try:
                return action(connection)
            except Exception as error:
                failures = [error]

            # Kombu's loop is entered with the first failure, for entering it costs a tenth of a whole call.
            def again(connection: Any) -> T:
                if failures:
                    raise failures.pop()
                return action(connection)

            result: T = connection.ensure(connection, again, **self._policy)(connection)
            return result


@dataclass(frozen=True, slots=True)
class Target:
    """A queue's list in Redis.

    Attributes:
        broker: where it is.
        queue: is declared on each connection, as Celery does.
        declared: what a connection knows the queue by, once it is.
    """

    broker: Broker
    queue: Queue
    declared: int

    def write(self, messages: Sequence[bytes]) -> None:
        """Put messages into the queue, all of them or none.

        Where the connection is lost in the middle, the same bytes are written again, so that messages may come
        twice, with the same ids.

        Raises:
            WriteError: they are not in the queue, as far as can be known.
        """
        doubtful = False

        def attempt(connection: Any) -> None:
            nonlocal doubtful
            channel = connection.default_channel
            if self.declared not in connection.declared_entities:
                maybe_declare(self.queue, channel)
            command = _lpush(channel.global_keyprefix + self.queue.name, messages)
            pipelined = _connection_of(channel)
            # A connection that has died is noticed here, before anything is written.
            pipelined.connect()
            before, doubtful = doubtful, True
            try:
                pipelined.send_packed([command]).result(spin=len(messages) == 1)
            except (ResponseError, BusyLoadingError):
                # An answer, which says that nothing was done.
                doubtful = before
                raise

        try:
            self.broker.perform(attempt)
        except (KombuError, RedisError, OSError) as error:
            raise WriteError(str(error), doubtful) from error


def _connection_of(channel: Any) -> PipelinedConnection:
    """The connection that a channel of kombu's keeps between writes: to take one from the pool takes a while."""
    pool = channel.client.connection_pool
    kept: tuple[Any, PipelinedConnection] | None = channel.__dict__.get("pipelined")
    if kept is None or kept[0] is not pool:
        kept = channel.pipelined = (pool, PipelinedConnection(pool))
    return kept[1]


def _lpush(key: str, messages: Sequence[bytes]) -> bytes:
    """The command in Redis's protocol; redis-py takes longer to pack a message than all else does to make it."""
    name = key.encode()
    parts = [b"*%d\r\n$5\r\nLPUSH\r\n$%d\r\n%b" % (len(messages) + 2, len(name), name)]
    for message in messages:
        parts += (b"\r\n$%d\r\n" % len(message), message)
    return b"".join((*parts, b"\r\n"))
