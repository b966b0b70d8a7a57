"""How much of a symbol trades by each time of day, in the mean of its last sessions."""

import math
import struct
from collections.abc import Sequence

import msgspec

#: Milliseconds from one of a profile's times to the next.
STEP = 300_000
#: A profile's times: 04:00, 04:05, ... 20:00 in New York.
TIMES = 193

_MEANS = struct.Struct(f"<{TIMES}d")
_LAST = TIMES - 1
_neighbours = struct.Struct("<2d").unpack_from
_one = struct.Struct("<d")


class VolumeProfile(msgspec.Struct, frozen=True):
    """A symbol's mean accumulated volume through the trading day. Without means it is unknown.

    Attributes:
        means: shares traded since 04:00, by each of the :data:`TIMES`: little-endian doubles, packed. A tuple of
            floats would take four times the memory in each worker.
        sessions: how many sessions the means are of.
    """

    means: bytes = b""
    sessions: int = 0

    @classmethod
    def of(cls, means: Sequence[float], sessions: int) -> "VolumeProfile":
        """A profile of means.

        Args:
            means: shares, of each of the :data:`TIMES` in order.
            sessions: how many sessions they are of.

        Raises:
            ValueError: there are more or fewer than 193 means, one is negative or no number, or they are of no
                session.
        """
        if len(means) != TIMES:
            raise ValueError(f"a volume profile has {TIMES} means, not {len(means)}")
        # The sum is finite only if all are; comparisons with what is no number are false.
        if not math.isfinite(sum(means)) or min(means) < 0:
            raise ValueError("a mean volume is a number of 0 or more")
        if sessions < 1:
            raise ValueError(f"a volume profile is made of one session or more, not of {sessions}")
        return cls(_MEANS.pack(*means), sessions)

    @property
    def packed(self) -> bytes:
        """As Redis holds it: 194 little-endian doubles, the number of sessions and the means. Empty if unknown."""
        return _one.pack(self.sessions) + self.means if self.means else b""

    @classmethod
    def unpack(cls, packed: bytes) -> "VolumeProfile":
        """Read :attr:`packed`.

        Raises:
            ValueError: it is no profile.
        """
        sessions, means = packed[: _one.size], packed[_one.size :]
        if len(means) != _MEANS.size:
            raise ValueError(f"a volume profile has {_one.size + _MEANS.size} bytes, not {len(packed)}")
        (count,) = _one.unpack(sessions)
        if not count.is_integer():
            raise ValueError(f"a volume profile is made of a whole number of sessions, not of {count}")
        return cls.of(_MEANS.unpack(means), int(count))

    def expected(self, since_start: float) -> float:
        """The accumulated volume, in shares, that is usual by a time of day; 0 if the profile is unknown.

        Between two of the profile's times, `low` and `high` being their means and `share` how far the time is from
        the first to the second, it is ``low + (high - low) * share``. After the last time it is the last mean.

        Args:
            since_start: milliseconds since 04:00 in New York.
        """
        means = self.means
        if not means:
            return 0.0
        place = since_start / STEP
        if place >= _LAST:
            last: float = _one.unpack_from(means, 8 * _LAST)[0]
            return last
        if place <= 0:
            first: float = _one.unpack_from(means)[0]
            return first
        before = int(place)
        low, high = _neighbours(means, 8 * before)
        between: float = low + (high - low) * (place - before)
        return between
