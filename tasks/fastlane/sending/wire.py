"""The connection by which a channel sends."""

import os
import select
from time import perf_counter
from typing import Any, Self

#: Seconds for which a reply is looked for again and again before the thread sleeps until it comes. A server that
#: is not busy answers a single message within a fraction of it, and to be woken takes longer than that.
SPIN = 0.0002


class Wire:
    """A connection of redis-py that a channel keeps between its writes, for the pool takes a while to give it.

    As its channel, it belongs to one thread at a time.

    Args:
        pool: of redis-py; gives the connections.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._connection: Any = None
        self._socket: Any = None
        self._poll = select.poll()

    @classmethod
    def of(cls, channel: Any) -> Self:
        """The wire of a channel of kombu's."""
        pool = channel.client.connection_pool
        wire: Self | None = channel.__dict__.get("wire")
        if wire is None or wire._pool is not pool:
            wire = channel.wire = cls(pool)
        return wire

    def prepare(self) -> None:
        """See to a connection that is alive, as far as can be known without asking.

        Raises:
            redis.exceptions.RedisError: the server is not there.
        """
        if self._is_quiet():
            self._connection.check_health()
        else:
            self.drop()
            self._connection = self._pool.get_connection()
        if self._connection._sock is not self._socket:
            self._socket = self._connection._sock
            self._poll = select.poll()
            self._poll.register(self._socket, select.POLLIN)

    def _is_quiet(self) -> bool:
        connection = self._connection
        return (
            connection is not None
            and connection.pid == os.getpid()
            and not connection.should_reconnect()
            # Else it has been closed meanwhile.
            and connection._sock is self._socket
            # Nothing is due: what there is to read is its end.
            and not self._poll.poll(0)
        )

    def exchange(self, command: bytes, *, soon: bool) -> Any:
        """Send a command by the connection that was prepared, and wait for its reply.

        Args:
            command: in Redis's protocol.
            soon: whether the reply is worth looking out for.

        Raises:
            redis.exceptions.RedisError: the connection is lost, or the server refused.
        """
        connection = self._connection
        connection.send_packed_command([command], check_health=False)
        try:
            until = perf_counter() + SPIN
            while soon and not self._poll.poll(0):
                soon = perf_counter() < until
        except BaseException:
            # The next command would take this one's reply for its own.
            connection.disconnect()
            raise
        try:
            return connection.read_response()
        finally:
            if connection.credential_provider:
                # Tokens that have run out are renewed where the pool takes connections back.
                self.drop()

    def drop(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            self._pool.release(connection)
