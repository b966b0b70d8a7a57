"""Calls of a script that are in flight together."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from redis import Redis
from redis.commands.core import Script
from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from leaderboard.connections.pending import Pending
from leaderboard.connections.pipelined_connection import PipelinedConnection, Reply
from leaderboard.connections.redis_errors import needs_resending


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
            if isinstance(error, ResponseError) and not needs_resending(error):
                raise
        finally:
            self._unclaimed.discard(call)
            if not self._unclaimed:
                self._connection.release()
        # Redis-py retries for some seconds, and loads a script that the server does not know.
        return self._script(names, arguments)
