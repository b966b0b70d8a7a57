"""Commands whose replies are read later."""

from collections import deque
from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any

from redis.exceptions import ConnectionError

#: A command's name and its arguments.
Command = Sequence[Any]

#: Writes that may be without their replies when another follows. To wait for the one before would often be to wait
#: for what other connections have the server do meanwhile.
AHEAD = 8


class Pipe:
    """A connection on which commands are written now and their replies read at a later opportunity.

    The caller need not wait for the server, and still hears of what failed, some writes later. Any thread may
    call.

    Args:
        take: gives a connection, of redis-py.
        give: takes it back.
    """

    def __init__(self, take: Callable[[], Any], give: Callable[[Any], None]) -> None:
        self._take = take
        self._give = give
        self._connection: Any = None
        # Of each write without its replies, how many are due.
        self._due: deque[int] = deque()
        self._lock = RLock()

    @property
    def outstanding(self) -> int:
        """Writes whose replies have not been read."""
        return len(self._due)

    def write(self, commands: Sequence[Command]) -> None:
        """Write `commands` in one go, after reading what replies have come.

        Raises:
            redis.exceptions.RedisError: the server is not there, or refused what was written before. What is
                outstanding then is in doubt, and forgotten.
        """
        with self._lock:
            self.settle(AHEAD - 1)
            if self._connection is not None and not self._due and not self._is_quiet():
                self.drop()
            if self._connection is None:
                self._connection = self._take()
            try:
                packed = self._connection.pack_commands(commands)
                # A check of its health would take an outstanding reply for its own.
                self._connection.send_packed_command(packed, check_health=not self._due)
            except BaseException:
                self.drop()
                raise
            self._due.append(len(commands))

    def _is_quiet(self) -> bool:
        """Whether the connection can be used; servers and what stands before them close one that was idle."""
        try:
            # Nothing is due: what there is to read is its end.
            return not self._connection.can_read(timeout=0)
        except (ConnectionError, OSError):
            return False

    def settle(self, most: int = 0) -> None:
        """Read what replies have come, and wait for more while there are more than `most` writes without theirs.

        Raises:
            redis.exceptions.RedisError: as of :meth:`write`.
        """
        with self._lock:
            try:
                while self._due and (len(self._due) > most or self._connection.can_read(timeout=0)):
                    # The server may be at something long between one reply and the next.
                    self._connection.read_response()
                    self._due[0] -= 1
                    if not self._due[0]:
                        self._due.popleft()
            except BaseException:
                # Later replies would be taken for those of other commands.
                self.drop()
                raise

    def drop(self) -> None:
        """Give the connection up, with all replies that are due."""
        with self._lock:
            connection, self._connection = self._connection, None
            self._due.clear()
            if connection is not None:
                connection.disconnect()
                self._give(connection)
