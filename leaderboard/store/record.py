"""The record of a symbol's day, which ``apply.lua`` writes."""

import struct
from dataclasses import dataclass
from typing import NamedTuple, Self

from leaderboard.day_values import DayValues
from leaderboard.reference.template import DIGEST_LENGTH
from leaderboard.sessions import Phase

_NEWEST = struct.Struct("<5d")
_SESSIONS = struct.Struct("<4d")
_REGULAR_EVENT = struct.Struct("<3d")


class Opening(NamedTuple):
    """The earliest event of a session that has an open price: its times in Unix milliseconds, and the price."""

    start: int
    end: int
    price: float


@dataclass(frozen=True)
class Record:
    """What is known of a symbol's day beside its row.

    Attributes:
        start: of its newest event, Unix milliseconds.
        digest: of the reference data that its row was made with; empty while it is uncertain what the row holds.
        openings: of each session that the symbol has traded in.
        day: what its events say of the day together; 0 in the record of an older release, which does not say.
    """

    start: int
    digest: str
    openings: dict[Phase, Opening]
    day: DayValues

    @classmethod
    def parse(cls, packed: bytes) -> Self:
        """Read a record.

        Raises:
            struct.error, ValueError: it is none.
        """
        end, volume, start, _hours, _minute = _NEWEST.unpack_from(packed)
        origin, sessions = packed[_NEWEST.size :].split(b"\0", 1)
        pre_start, pre_end, regular_start, regular_end = map(int, _SESSIONS.unpack_from(sessions))
        *opens, day = sessions[_SESSIONS.size :].split(b"\0", 2)
        times = ((pre_start, pre_end), (regular_start, regular_end))
        openings = {
            phase: Opening(starts, ends, float(price))
            for phase, (starts, ends), price in zip(Phase, times, opens, strict=True)
            if price
        }
        return cls(int(start), origin[:DIGEST_LENGTH].decode(), openings, _day(day, (end, volume, start)))

    @property
    def opens(self) -> dict[Phase, float]:
        """The open price of each session that the symbol has traded in."""
        return {phase: opening.price for phase, opening in self.openings.items()}


def _day(packed: bytes, newest: tuple[float, float, float]) -> DayValues:
    if not packed:
        return DayValues(0.0, 0, 0.0, 0.0, 0.0, 0, 0.0, 0, 0.0)
    *texts, rest = packed.split(b"\0", 6)
    high, high_at, low, pre_high, pre_low, regular_close = map(float, texts)
    end, volume, start = _REGULAR_EVENT.unpack(rest) if rest else newest
    return DayValues(high, int(high_at), low, pre_high, pre_low, int(end), volume, int(start), regular_close)
