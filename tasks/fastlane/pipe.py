"""Commands whose replies are read later."""

from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any

#: A command's name and its arguments.
Command = Sequence[Any]


class Pipe:
    """A connection on which commands are written now and their replies read at the next opportunity.

    The caller need not wait for the server, and still hears of what failed: one write later. Any thread may call.

    Args:
        take: gives a connection, of redis-py.
        give: takes it back.
    """

    def __init__(self, take: Callable[[], Any], give: Callable[[Any], None]) -> None:
        self._take = take
        self._give = give
        self._connection: Any = None
        self._outstanding = 0
        self._lock = RLock()

    def write(self, commands: Sequence[Command]) -> None:
        """Write `commands` in one go, after reading the replies to what was written before.

        Raises:
            redis.exceptions.RedisError: the server is not there, or refused what was written before.
        """
        with self._lock:
            self.settle()
            if self._connection is None:
                self._connection = self._take()
            try:
                self._connection.send_packed_command(self._connection.pack_commands(commands))
            except BaseException:
                self.drop()
                raise
            self._outstanding = len(commands)

    def settle(self) -> None:
        """Wait for all replies that are due.

        Raises:
            redis.exceptions.RedisError: the server is not there, or refused one of the commands.
        """
        with self._lock:
            try:
                while self._outstanding:
                    self._connection.read_response()
                    self._outstanding -= 1
            except BaseException:
                # Later replies would be taken for those of other commands.
                self.drop()
                raise

    def drop(self) -> None:
        """Give the connection up, with all replies that are due."""
        with self._lock:
            connection, self._connection = self._connection, None
            self._outstanding = 0
            if connection is not None:
                connection.disconnect()
                self._give(connection)
