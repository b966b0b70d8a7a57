"""Each of several servers says which one it is, lest a process that names other servers ranks a symbol twice."""

from typing import cast

from redis import Redis
from redis.exceptions import ResponseError

from leaderboard import keys
from leaderboard.connections.redis_errors import WrongKeyError, is_transient
from leaderboard.shards import Shards, shard_of

_REMEDY = "run `python -m tasks divide` if servers were added or removed, else name them as other processes do"


def marks_of(shards: Shards[Redis]) -> "Shards[ShardMark]":
    """The marks of all servers."""
    count = len(shards)
    first = ShardMark(shards.first, 0, count)
    return Shards([first, *(ShardMark(redis, n, count, first) for n, redis in enumerate(shards) if n)])


class ShardMark:
    """What a server says it is: its number and how many there are, as in ``2/3``. A single one says nothing.

    Args:
        redis: the server.
        index: its place among the servers that this process names, from 0.
        count: how many it names.
        first: the first server's, which is to be right before this server says something for the first time: else
            bars could come to a new server before the symbols from the first.
    """

    def __init__(self, redis: Redis, index: int, count: int, first: "ShardMark | None" = None) -> None:
        self._redis = redis
        self._index = index
        self._count = count
        self._first = first
        self._own = f"{index + 1}/{count}"
        self._is_right = False

    def check(self) -> None:
        """Check that the server is the one that this process takes it for. After the first time it costs nothing.

        Raises:
            WrongKeyError: it is another one, or has symbols of others.
            redis.exceptions.RedisError: the server cannot be reached or refuses.
        """
        if self._is_right:
            return
        try:
            self._check()
        except ResponseError as error:
            if is_transient(error):
                raise
            # Such as a database that it does not have: each call of this server fails, and none is at fault.
            raise WrongKeyError(f"{keys.SHARD} cannot be read: {error}") from error

    def _check(self) -> None:
        said = self._said()
        if said is None and self._count > 1:
            self._check_symbols()
            if self._first:
                self._first.check()
            self._redis.set(keys.SHARD, self._own, nx=True)
            said = self._said()
        if said not in (None, self._own):
            what = f"says that the server is {said}, and this process takes it for {self._own}"
            raise WrongKeyError(f"{keys.SHARD} {what}: {_REMEDY}")
        self._is_right = True

    def write(self) -> None:
        """Have the server say what this process takes it for."""
        if self._count > 1:
            self._redis.set(keys.SHARD, self._own)

    def _said(self) -> str | None:
        said = cast(bytes | None, self._redis.get(keys.SHARD))
        return said.decode(errors="replace") if said is not None else None

    def _check_symbols(self) -> None:
        traded = [name.decode(errors="replace") for name in cast(list[bytes], self._redis.hkeys(keys.RECORDS))]
        if others := [symbol for symbol in traded if shard_of(symbol, self._count) != self._index]:
            raise WrongKeyError(
                f"{keys.RECORDS} has symbols of other servers than {self._own}, such as {min(others)!r}: {_REMEDY}"
            )
