"""Writes messages to their queue's list, many in one command."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from celery import Celery
from kombu import Queue
from kombu.common import maybe_declare
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import BusyLoadingError, RedisError, ResponseError

from leaderboard.connections.pipelined_connection import PipelinedConnection

T = TypeVar("T")

# Kombu's pools fail if two threads ask for the first time at once.
_pools = threading.Lock()


class WriteError(OperationalError):
    """The broker did not take a write.

    Attributes:
        doubtful: the write was sent and never answered, so the broker may have its messages all the same.
    """

    def __init__(self, text: str, doubtful: bool) -> None:
        super().__init__(text)
        self.doubtful = doubtful


class Broker:
    """An app's broker, with the retries that the app's configuration asks for.

    Args:
        app: has the pool of connections, and the settings ``task_publish_retry``, ``task_publish_retry_policy``
            and ``broker_pool_acquire_timeout``, which are read now.
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

        As when Celery publishes, a lost connection is made anew and the action retried.

        Raises:
            kombu.exceptions.OperationalError: the broker failed, after all retries.
        """
        with self._app.pool.acquire(block=True, timeout=self._timeout) as connection:
            if self._policy is None:
                with connection._reraise_as_library_errors():
                    return action(connection)
            # As kombu's publish does: a new connection takes its retries from there.
            connection.transport_options.update(self._policy)
            try:
                return action(connection)
            except Exception as error:
                failures = [error]

            # Kombu's loop of retries starts with the first failure: to enter it costs a tenth of a whole call.
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
        broker: has it.
        queue: is declared on each connection, as Celery does.
        declared: the queue's entry in a connection's set of declared entities.
    """

    broker: Broker
    queue: Queue
    declared: int

    def write(self, messages: Sequence[bytes]) -> None:
        """Put messages into the queue, all of them or none.

        If the connection is lost half-way, the same bytes are written again: messages may be in the queue twice,
        with the same ids.

        Raises:
            WriteError: as far as can be known, they are not in the queue.
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
                pipelined.send_packed([command]).result()
            except (ResponseError, BusyLoadingError):
                # The server answered that it did nothing.
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
    """The command in Redis's protocol. Redis-py takes longer to pack a message than we take to make it."""
    name = key.encode()
    parts = [b"*%d\r\n$5\r\nLPUSH\r\n$%d\r\n%b" % (len(messages) + 2, len(name), name)]
    for message in messages:
        parts += (b"\r\n$%d\r\n" % len(message), message)
    return b"".join((*parts, b"\r\n"))
