"""The Lua scripts that stand beside the modules which call them."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from importlib.resources import files
from typing import Any

from redis import Redis
from redis.commands.core import Script
from redis.exceptions import ConnectionError, NoScriptError, ReadOnlyError, ResponseError, TimeoutError

from leaderboard.pending import Pending
from leaderboard.pipelined_connection import PipelinedConnection, Reply
from leaderboard.redis_errors import is_replica_error


def load(redis: Redis, *parts: str | Callable[[], str]) -> Script:
    """One script made of parts, in order: what several scripts share has a file of its own.

    It runs by its digest and loads itself again where the server has forgotten it (``SCRIPT FLUSH``, a restart).

    Args:
        redis: where it runs.
        parts: names of files of this package, and functions that return Lua source.
    """
    room = files(__package__)
    sources = (room.joinpath(part).read_text("utf-8") if isinstance(part, str) else part() for part in parts)
    lines = "\n".join(sources).splitlines(keepends=True)
    # What Dragonfly is to know of a script has to be its first line.
    return _Script(redis, "".join(sorted(lines, key=lambda line: not line.startswith("--!"))))


class _Script(Script):
    """Redis-py's, which leaves a server that has become a replica, also one older than Redis 7."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        try:
            return super().__call__(*args, **options)
        except ResponseError as error:
            # From Redis 7 on it is a ReadOnlyError, after which redis-py has connected anew by itself.
            if isinstance(error, ReadOnlyError) or not is_replica_error(error):
                raise
            # The address may lead to the master by now.
            client: Any = self.registered_client
            client.connection_pool.disconnect(inuse_connections=False)
            return super().__call__(*args, **options)


class ScriptPipeline(threading.local):
    """Calls of one idempotent script that are in flight together and run in order. Each thread has its own.

    A call whose reply is lost with its connection runs again when its result is asked for.
    """

    def __init__(self, redis: Redis, script: Script) -> None:
        self._connection = PipelinedConnection(redis.connection_pool)
        self._script = script
        # Calls whose results have not been asked for, by number.
        self._unclaimed: set[int] = set()
        self._sent = 0

    def send(self, names: Sequence[str], arguments: Sequence[Any]) -> Pending[Any]:
        """Have the script run.

        Args:
            names: its keys.
            arguments: its other arguments.

        Returns:
            Its reply, and the errors of a plain call. Results may be asked for in any order, each once.

        Raises:
            redis.exceptions.RedisError: the server cannot be reached.
        """
        reply: Reply | None = None
        # After a lost connection nothing is sent until all calls have run again: none may overtake another.
        if self._connection.is_open or not self._unclaimed:
            self._connection.connect()
            with suppress(ConnectionError, TimeoutError):
                reply = self._connection.send(("EVALSHA", self._script.sha, len(names), *names, *arguments))
        self._sent += 1
        self._unclaimed.add(self._sent)
        return Pending(partial(self._result, self._sent, reply, names, arguments))

    def abandon(self) -> None:
        """Give up the calls in flight. If a result is asked for all the same, its call runs again."""
        self._unclaimed.clear()
        self._connection.close()

    def _result(self, call: int, reply: Reply | None, names: Sequence[str], arguments: Sequence[Any]) -> Any:
        try:
            if reply is not None:
                return reply.result()
        except (ConnectionError, TimeoutError, ResponseError) as error:
            if isinstance(error, ResponseError) and not (
                isinstance(error, NoScriptError) or is_replica_error(error)
            ):
                raise
        finally:
            self._unclaimed.discard(call)
            if not self._unclaimed:
                self._connection.release()
        # Redis-py retries for some seconds, and loads a script that the server does not know.
        return self._script(names, arguments)
