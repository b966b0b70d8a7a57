"""A Redis connection on which commands are sent before earlier ones have been answered."""

import os
import select
from collections import deque
from collections.abc import Sequence
from typing import Any

from redis.exceptions import ConnectionError, ResponseError

from leaderboard.connections.redis_errors import needs_resending

#: A command's name and its arguments.
Command = Sequence[Any]


class PipelinedConnection:
    """Sends commands at once and reads their replies when somebody asks for them.

    It takes a connection from the pool at the first command and keeps it until :meth:`release` or :meth:`close`.
    When the connection fails, every reply still in flight fails with it. It belongs to one thread at a time.

    Args:
        pool: redis-py's connection pool.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._connection: Any = None
        # The socket that `_poll` watches. A connection with another one has been closed or made anew meanwhile.
        self._socket: Any = None
        self._poll = select.poll()
        # Oldest first: replies come in this order.
        self._in_flight: deque[Reply] = deque()

    @property
    def is_open(self) -> bool:
        """Whether it holds a connection."""
        return self._connection is not None

    def connect(self) -> None:
        """Make sure of a connection that is alive, as far as can be told without asking the server.

        Raises:
            redis.exceptions.RedisError: the server cannot be reached.
        """
        if self._in_flight:
            return
        if self._is_usable():
            self._connection.check_health()
        else:
            self.release()
            self._connection = self._pool.get_connection()
        if self._connection._sock is not self._socket:
            # New, or made anew by the check of its health.
            self._socket = self._connection._sock
            self._poll = select.poll()
            self._poll.register(self._socket, select.POLLIN)

    def _is_usable(self) -> bool:
        connection = self._connection
        return (
            connection is not None
            and connection.pid == os.getpid()
            and not connection.should_reconnect()
            and connection._sock is self._socket
            # Nothing is in flight, so readable means closed: servers and proxies close idle connections.
            and not self._poll.poll(0)
        )

    def send(self, *commands: Command) -> "Reply":
        """Send commands in one write; the reply is that of the last one.

        Raises:
            redis.exceptions.RedisError: the server cannot be reached, or the connection failed.
        """
        self.connect()
        return self.send_packed(self._connection.pack_commands(commands), len(commands))

    def send_packed(self, packed: Sequence[bytes], count: int = 1) -> "Reply":
        """Send `count` commands that are already in Redis's protocol, by the connection of :meth:`connect`.

        Raises:
            redis.exceptions.RedisError: the connection failed.
        """
        try:
            if self._in_flight:
                self._check_socket()
            # `connect` has seen to its health; a check now would take a reply in flight for its own.
            self._connection.send_packed_command(packed, check_health=False)
        except BaseException:
            self.close()
            raise
        reply = Reply(self, count)
        self._in_flight.append(reply)
        return reply

    def release(self) -> None:
        """Give the connection back to the pool."""
        if self._in_flight:
            self.close()
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.release(connection)

    def close(self) -> None:
        """Close the connection. Replies in flight fail."""
        lost, self._in_flight = self._in_flight, deque()
        for reply in lost:
            reply.fail(ConnectionError("the connection was closed before this reply was read"))
        if self._connection is not None:
            self._connection.disconnect()
            self.release()

    def read(self, until: "Reply", *, wait: bool) -> None:
        """Read replies up to `until`; without `wait` only those that have come. Errors become its result."""
        try:
            while until.missing and (wait or self._has_come()):
                self._read_one(self._in_flight[0])
        except BaseException as error:
            # Later commands would take these replies for their own.
            self.close()
            if not isinstance(error, Exception):
                raise
            # The caller learns why; replies after it fail with the closed connection.
            until.fail(error)

    def _has_come(self) -> bool:
        self._check_socket()
        return bool(self._connection.can_read(timeout=0))

    def _read_one(self, oldest: "Reply") -> None:
        self._check_socket()
        connection = self._connection
        try:
            value = connection.read_response()
        except ResponseError as error:
            if needs_resending(error):
                # Later commands fail too, or run without this one before them.
                raise
            oldest.take(error)
        else:
            oldest.take(value)
        if not oldest.missing:
            self._in_flight.popleft()
            if connection.credential_provider and not self._in_flight:
                # The pool renews expired tokens when it gets a connection back.
                self.release()

    def _check_socket(self) -> None:
        # By itself redis-py would connect anew, and then wait for replies that never come.
        if self._connection is None or self._connection._sock is not self._socket:
            raise ConnectionError("the connection was closed with replies in flight")


class Reply:
    """The reply to commands sent by a :class:`PipelinedConnection`.

    Attributes:
        missing: how many of the commands have not been answered yet.
    """

    __slots__ = ("_connection", "_error", "_value", "missing")

    def __init__(self, connection: PipelinedConnection, count: int) -> None:
        self._connection = connection
        self.missing = count
        self._value: Any = None
        self._error: Exception | None = None

    def has_come(self) -> bool:
        """Whether :meth:`result` would not wait."""
        if self.missing:
            self._connection.read(self, wait=False)
        return not self.missing

    def result(self) -> Any:
        """Wait for the reply to the last of the commands.

        Raises:
            redis.exceptions.RedisError: the server refused one of the commands, or the connection failed.
        """
        if self.missing:
            self._connection.read(self, wait=True)
        if self._error is not None:
            raise self._error
        return self._value

    def take(self, value: Any) -> None:
        """Take the next command's reply, or its error."""
        self.missing -= 1
        if isinstance(value, ResponseError):
            self._error = self._error or value
        else:
            self._value = value

    def fail(self, error: Exception) -> None:
        """End without a reply."""
        self.missing = 0
        self._error = error
