"""The record of a symbol's day, which ``apply.lua`` writes."""

import struct
from dataclasses import dataclass
from typing import Self

from leaderboard.reference.template import DIGEST_LENGTH
from leaderboard.sessions import Phase

_NEWEST = struct.Struct("<5d")
_SESSIONS = struct.Struct("<4d")


@dataclass(frozen=True)
class Record:
    """What is known of a symbol's day beside its row.

    Attributes:
        start: of its newest event, Unix milliseconds.
        digest: of the reference data that its row was made with; empty while it is uncertain what the row holds.
        opens: the open price of each session that the symbol has traded in.
    """

    start: int
    digest: str
    opens: dict[Phase, float]

    @classmethod
    def parse(cls, packed: bytes) -> Self:
        _end, _volume, start, _phase, _minute = _NEWEST.unpack_from(packed)
        origin, sessions = packed[_NEWEST.size :].split(b"\0", 1)
        *opens, _ = sessions[_SESSIONS.size :].split(b"\0")
        prices = {phase: float(price) for phase, price in zip(Phase, opens, strict=True) if price}
        return cls(int(start), origin[:DIGEST_LENGTH].decode(), prices)
