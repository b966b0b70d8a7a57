"""Loads the Lua scripts that stand beside the modules that call them."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from typing import Any

from redis import Redis
from redis.commands.core import Script
from redis.exceptions import ConnectionError, NoScriptError, ReadOnlyError, ResponseError, TimeoutError

from leaderboard.connection import is_replicas


def load(redis: Redis, *names: str) -> Script:
    """One script made of the named files of this package, in order: what several share has a file of its own.

    It runs by its digest and loads itself again where the server has forgotten it (``SCRIPT FLUSH``, a restart).
    """
    room = files(__package__)
    lines = "\n".join(room.joinpath(name).read_text("utf-8") for name in names).splitlines(keepends=True)
    # What Dragonfly is to know of a script has to be its first line.
    return _Script(redis, "".join(sorted(lines, key=lambda line: not line.startswith("--!"))))


class _Script(Script):
    """Redis-py's, that leaves a server which has become a replica, also one before Redis 7."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        try:
            return super().__call__(*args, **options)
        except ResponseError as error:
            # Of newer ones redis-py knows it by itself, and has connected anew.
            if isinstance(error, ReadOnlyError) or not is_replicas(error):
                raise
            # Where it was may be the master by now.
            client: Any = self.registered_client
            client.connection_pool.disconnect(inuse_connections=False)
            return super().__call__(*args, **options)


class Line(threading.local):
    """Calls of one script whose replies are waited for later; they run in their order. Each thread has its own.

    For a script that may run twice: where the connection fails, it is called again when its reply is asked for.
    """

    def __init__(self, redis: Redis, script: Script) -> None:
        self._pool = redis.connection_pool
        self._script = script
        self._open: _Open | None = None

    def begin(self, names: Sequence[str], arguments: Sequence[Any]) -> Callable[[], Any]:
        """Have the script run, without waiting for it.

        Args:
            names: its keys.
            arguments: its other arguments.

        Returns:
            What waits for the reply and returns it. It is to be called once, in any order of the calls, and raises
            as a call of the script does.

        Raises:
            redis.exceptions.RedisError: no connection is to be had.
        """
        line = self._open = self._open or _Open(self._pool.get_connection())
        if line.connection:
            command = ("EVALSHA", self._script.sha, len(names), *names, *arguments)
            try:
                line.connection.send_packed_command(line.connection.pack_command(*command))
            except (ConnectionError, TimeoutError):
                self._fail(line)
            except BaseException:
                self._fail(line)
                raise
        line.sent += 1
        return partial(self._reply, line, line.sent, names, arguments)

    def forget(self) -> None:
        """Wait for no outstanding reply; where somebody asks for one all the same, the script runs again."""
        if line := self._open:
            self._open = None
            self._fail(line)

    def _reply(self, line: "_Open", number: int, names: Sequence[str], arguments: Sequence[Any]) -> Any:
        line.asked += 1
        try:
            self._read(line, number)
        finally:
            if line.asked == line.sent and line is self._open:
                self._open = None
                if line.connection:
                    self._pool.release(line.connection)
        if number not in line.replies:
            # The client's own way: it tries again for some seconds, and loads a script that is not known.
            return self._script(names, arguments)
        reply = line.replies.pop(number)
        if isinstance(reply, ResponseError):
            raise reply
        return reply

    def _read(self, line: "_Open", number: int) -> None:
        """Read the replies up to that of the call `number`; fewer where the connection fails."""
        try:
            while line.connection and line.read < number:
                try:
                    reply = line.connection.read_response()
                except ResponseError as error:
                    if isinstance(error, NoScriptError) or is_replicas(error):
                        raise
                    reply = error
                line.read += 1
                line.replies[line.read] = reply
        except (ConnectionError, TimeoutError, ResponseError):
            self._fail(line)
        except BaseException:
            self._fail(line)
            raise

    def _fail(self, line: "_Open") -> None:
        if line.connection:
            line.connection.disconnect()
            self._pool.release(line.connection)
            line.connection = None


@dataclass
class _Open:
    """A connection while replies are outstanding.

    Attributes:
        connection: None once it has failed. What was begun by then and has no reply runs when that is asked for,
            and so does what is begun before all of it has run, for nothing is to overtake what came before.
        sent: calls begun.
        read: replies read.
        asked: replies asked for.
        replies: by the call's number, those that were read and not asked for yet.
    """

    connection: Any
    sent: int = 0
    read: int = 0
    asked: int = 0
    replies: dict[int, Any] = field(default_factory=dict)
