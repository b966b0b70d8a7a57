"""What rules remember from tick to tick, so that any process can evaluate the next one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from leaderboard.alerts.rule import Rule
from leaderboard.market.table import MarketTable, Numbers, Rows

Seconds = NDArray[np.int64]

#: Of a symbol that satisfies a rule and fires no more until it has ceased to.
SPENT = -1
# The same as an unsigned number of 32 bits, as it is packed.
_SPENT = SPENT % 2**32
#: The fields whose values at the tick before are remembered, for events that are of one moment.
EXTREMES = ("day_high", "day_low")


class Memory(NamedTuple):
    """What one rule remembers of symbols that satisfy it, or are in its cooldown.

    Attributes:
        rows: their row numbers, rising.
        since: for each, the second from which it has satisfied the rule; 0: it does not; :data:`SPENT`.
        fired: for each, the second of its last alert, as long as the cooldown lasts; else 0.
    """

    rows: Rows
    since: Seconds
    fired: Seconds

    @classmethod
    def empty(cls) -> Self:
        return cls(np.empty(0, np.intp), np.empty(0, np.int64), np.empty(0, np.int64))


@dataclass(frozen=True)
class State:
    """What is known after a tick. Row numbers are those of one table, until it is emptied.

    Attributes:
        slot: of the tick; 0: no tick is known, and what symbols satisfy is nothing new.
        day: ``YYYYMMDD``; 0: before the first session.
        memories: by the rule's :func:`digest`.
        extremes: of :data:`EXTREMES`, the values by row number; only those that some rule asks for.
    """

    slot: int = 0
    day: int = 0
    memories: Mapping[bytes, Memory] = field(default_factory=dict)
    extremes: Mapping[str, Numbers] = field(default_factory=dict)

    @property
    def is_unknown(self) -> bool:
        """Whether no tick is known."""
        return not self.slot

    def pack(self, symbols: Sequence[str]) -> bytes:
        """The state as any process reads it.

        Args:
            symbols: of the table, by row number.
        """
        rows = self._remembered(len(symbols))
        number = np.zeros(len(symbols), np.int64)
        number[rows] = np.arange(len(rows))
        packed = _Packed(
            self.slot,
            self.day,
            " ".join(map(symbols.__getitem__, rows.tolist())),
            {digest: _packed(memory, number) for digest, memory in self.memories.items()},
            {name: values[rows].astype("<f8").tobytes() for name, values in self.extremes.items()},
        )
        return _encode(packed)

    def _remembered(self, rows: int) -> NDArray[np.intp]:
        """The rows of which anything is remembered."""
        if self.extremes:
            return np.arange(rows)
        kept = np.zeros(rows, bool)
        for memory in self.memories.values():
            kept[memory.rows] = True
        return np.flatnonzero(kept)

    @classmethod
    def parse(cls, packed: bytes, table: MarketTable) -> Self:
        """Read what :meth:`pack` has written. Symbols that the table lacks are forgotten.

        Raises:
            ValueError, IndexError: it is something else.
        """
        read = _decode(packed)
        rows = table.rows(read.symbols.split())
        memories = {digest: _memory(packed_memory, rows) for digest, packed_memory in read.memories.items()}
        extremes = {name: _by_row(values, rows, len(table)) for name, values in read.extremes.items()}
        return cls(read.slot, read.day, memories, extremes)


class _PackedMemory(msgspec.Struct, array_like=True):
    """A memory: the numbers of its symbols, and its columns; all ``<u4``."""

    numbers: bytes
    since: bytes
    fired: bytes


class _Packed(msgspec.Struct, array_like=True):
    slot: int
    day: int
    symbols: str
    memories: dict[bytes, _PackedMemory]
    extremes: dict[str, bytes]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Packed).decode


@lru_cache(maxsize=1024)
def digest(rule: Rule, screen: str = "") -> bytes:
    """What tells whether a rule remembers the same as another: by name, event, conditions and hours.

    A changed title, hold or cooldown leaves what symbols satisfy as it is.

    Args:
        rule: the rule.
        screen: what the screen is that it names; see :meth:`leaderboard.alerts.places.Places.declared`.
    """
    remembered = (rule.name, str(rule.event), [*map(str, rule.conditions)], rule.hours, screen)
    return blake2b(repr(remembered).encode(), digest_size=8).digest()


def _packed(memory: Memory, number: NDArray[np.int64]) -> _PackedMemory:
    columns = (column.astype("<u4").tobytes() for column in (number[memory.rows], memory.since, memory.fired))
    return _PackedMemory(*columns)


def _memory(packed: _PackedMemory, rows: NDArray[np.int64]) -> Memory:
    columns = (
        np.frombuffer(each, "<u4").astype(np.int64) for each in (packed.numbers, packed.since, packed.fired)
    )
    numbers, since, fired = columns
    since[since == _SPENT] = SPENT
    of = rows[numbers]
    # Rows rise; symbols that the table lacks come first.
    order = np.argsort(of)[np.count_nonzero(of < 0) :]
    return Memory(of[order], since[order], fired[order])


def _by_row(packed: bytes, rows: NDArray[np.int64], count: int) -> Numbers:
    values: Any = np.full(count, np.nan)
    values[rows[rows >= 0]] = np.frombuffer(packed, "<f8")[rows >= 0]
    return values  # type: ignore[no-any-return]
