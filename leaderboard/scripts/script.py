"""A script, made of the files in Lua beside this module."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

from redis import Redis
from redis.commands.core import Script
from redis.exceptions import ReadOnlyError, ResponseError

from leaderboard.connections.redis_errors import is_replica_error


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
