"""Which of several servers holds a symbol.

A symbol belongs to one server: the CRC-32 of its name in ASCII, modulo the number of servers. Any program can
compute that (``zlib.crc32`` in Python, ``crc32`` in most languages). All that is kept by symbol is kept there:
row, quote, record, its places on the boards, its change in the change feed, reference data.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar
from zlib import crc32

from redis.exceptions import ConnectionError, RedisError

from leaderboard.connections.redis_errors import is_transient

T = TypeVar("T")
R = TypeVar("R")
I = TypeVar("I")  # noqa: E741 - an item


def shard_of(symbol: str, count: int) -> int:
    """The index, from 0, of the server that holds a symbol.

    Args:
        symbol: its name, as bars have it.
        count: how many servers there are.
    """
    return crc32(symbol.encode()) % count


class AwayError(ConnectionError):
    """Some of several servers failed with transient errors. What concerns the others has been done.

    Args:
        servers: by the index of each that failed, what it failed with.
    """

    def __init__(self, servers: Mapping[int, RedisError]) -> None:
        super().__init__("; ".join(f"server {n + 1} of the boards: {error}" for n, error in servers.items()))
        self.servers = servers


class Shards(Generic[T]):
    """What there is one of for each server, such as a client; for one server it hashes nothing.

    Args:
        each: in the order of the servers, at least one.

    Attributes:
        first: of the first server, which also holds what there is only one of: what is published, dead letters,
            early bars, requests for reference data.
    """

    def __init__(self, each: Sequence[T]) -> None:
        self._each = tuple(each)
        self.first = self._each[0]

    def __len__(self) -> int:
        return len(self._each)

    def __iter__(self) -> Iterator[T]:
        return iter(self._each)

    def __getitem__(self, index: int) -> T:
        return self._each[index]

    def index(self, symbol: str) -> int:
        """The index of a symbol's server."""
        return shard_of(symbol, len(self._each)) if len(self._each) > 1 else 0

    def of(self, symbol: str) -> T:
        """That of a symbol's server."""
        return self._each[self.index(symbol)]

    def split(self, items: Iterable[I], symbol_of: Callable[[I], str]) -> dict[int, list[I]]:
        """Items by the index of their symbol's server, in their order; servers without items are left out."""
        if len(self._each) == 1:
            every = [*items]
            return {0: every} if every else {}
        parts: dict[int, list[I]] = {}
        for item in items:
            parts.setdefault(self.index(symbol_of(item)), []).append(item)
        return parts

    def do(self, items: Iterable[I], symbol_of: Callable[[I], str], work: Callable[[T, list[I]], R]) -> list[R]:
        """Do what concerns items at the server of each, also at the others if one is away.

        Args:
            items, symbol_of: as of :meth:`split`.
            work: called for each server with what there is of it, and the items that it holds.

        Returns:
            What the calls return.

        Raises:
            AwayError: of several servers some failed with transient errors; the others' work is done.
        """
        if len(self._each) == 1:
            return [work(self.first, of_first) for of_first in self.split(items, symbol_of).values()]
        done: list[R] = []
        away: dict[int, RedisError] = {}
        for server, of_server in self.split(items, symbol_of).items():
            try:
                done.append(work(self._each[server], of_server))
            except RedisError as error:
                if not is_transient(error):
                    raise
                away |= error.servers if isinstance(error, AwayError) else {server: error}
        if away:
            raise AwayError(away)
        return done
