"""Volume profiles by the position on the tape at which they were learned."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from leaderboard.reference.volume_profile import TIMES

#: What an unknown profile expects by any time of day, in shares.
UNKNOWN = np.zeros(TIMES)
_UNKNOWN = bytes(8 * (1 + TIMES))


class Learned(NamedTuple):
    """A symbol's volume profile.

    Attributes:
        position: on the tape, at which it was learned.
        packed: as :attr:`leaderboard.reference.volume_profile.VolumeProfile.packed`; empty: it is unknown.
    """

    position: int
    packed: bytes

    @property
    def means(self) -> NDArray[np.float64]:
        """Shares, of each of the profile's times."""
        return np.frombuffer(self.packed, "<f8")[1:] if self.packed else UNKNOWN


class Profiles:
    """The profiles of all symbols, those that do not trade on the day too."""

    def __init__(self) -> None:
        self._learned: dict[str, list[Learned]] = {}

    def learn(self, symbol: str, position: int, packed: bytes) -> None:
        """Add a profile. Positions of a symbol may come in any order."""
        known = self._learned.setdefault(symbol, [])
        known.insert(bisect_left(known, (position,)), Learned(position, packed))

    def before(self, symbol: str, position: int) -> Learned:
        """The profile that was known before a position; an unknown one has position 0."""
        known = self._learned.get(symbol, [])
        at = bisect_left(known, (position,))
        return known[at - 1] if at else _NOTHING

    def at(self, symbol: str, position: int) -> Learned:
        """The profile that was learned at a position, or else before it."""
        return self.before(symbol, position + 1)

    def means(self, symbols: Sequence[str], positions: Sequence[int]) -> NDArray[np.float64]:
        """The means of many profiles: see :meth:`at`.

        Args:
            symbols, positions: of each profile.

        Returns:
            An array of shape (profiles, times), in shares.
        """
        packed = [self.at(*each).packed or _UNKNOWN for each in zip(symbols, positions, strict=True)]
        return np.frombuffer(b"".join(packed), "<f8").reshape(-1, 1 + TIMES)[:, 1:]

    def newest(self) -> Iterator[tuple[str, bytes]]:
        """Each symbol with its newest profile."""
        return ((symbol, known[-1].packed) for symbol, known in self._learned.items())

    def forget_older(self) -> None:
        """Keep the newest profile of each symbol only."""
        self._learned = {symbol: known[-1:] for symbol, known in self._learned.items()}


_NOTHING = Learned(0, b"")
