"""Which of several servers holds a symbol.

A symbol belongs to one server: the CRC-32 of its name in ASCII, modulo the number of servers. Any program can
compute that (``zlib.crc32`` in Python, ``crc32`` in most languages). All that is kept by symbol is kept there:
row, quote, record, its places on the boards, its change in the change feed, reference data.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar
from zlib import crc32

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 - an item


def shard_of(symbol: str, count: int) -> int:
    """The index, from 0, of the server that holds a symbol.

    Args:
        symbol: its name, as bars have it.
        count: how many servers there are.
    """
    return crc32(symbol.encode()) % count


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
