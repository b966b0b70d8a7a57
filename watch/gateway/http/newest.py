"""How far the market has come: when the newest of its published bars ended."""

from typing import Any, cast

import msgspec
from msgspec import Struct
from redis.asyncio import Redis

from leaderboard.boards import BOARDS

# Unix milliseconds; what ends later is no bar's end.
_LATEST = 253_402_300_799_000


class _Ended(Struct):
    end_timestamp: float


_ROWS = msgspec.json.Decoder(list[_Ended])


class NewestBar:
    """When the newest bar on any of the boards ended, read once for each snapshot.

    A single board can be of symbols that trade seldom; all of them together follow the market.

    Args:
        redis: of the boards.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._published_at: int | None = None
        self._end: int | None = None

    async def end(self, published_at: int | None) -> int | None:
        """Unix milliseconds; None where the boards are empty.

        Args:
            published_at: when the boards were last published, as Redis tells.
        """
        if published_at != self._published_at:
            boards: list[Any] = cast(list[Any], await self._redis.mget([board.scanner for board in BOARDS]))
            ends = [end for board in boards if board for end in _ends(board)]
            self._published_at, self._end = published_at, max(ends, default=None)
        return self._end


def _ends(board: bytes) -> list[int]:
    try:
        rows = _ROWS.decode(board)
    except (msgspec.DecodeError, RecursionError):
        # Who asks for that board is told; the others tell the time.
        return []
    return [int(row.end_timestamp) for row in rows if 0 < row.end_timestamp <= _LATEST]
