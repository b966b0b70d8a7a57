"""Reads the boards of a server at one moment.

No script reads them: Redis would copy every quote into Lua and out again, which takes it five times as long. A
transaction can list the symbols of boards or read quotes whose symbols are known before, not both. So each one
reads the quotes of those that the one before has listed, and lists them anew: most often there are two. What the
last one has read is of one moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from redis import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.connections.redis_values import session
from leaderboard.sessions import Session

# Symbols behind the last one of a board whose quotes are read as well: one of them may rank higher a moment later.
_SPARE = 25


class Place(NamedTuple):
    """A symbol on a board.

    Attributes:
        score: what ranks it; 0 where scores are not read.
        symbol: its name.
        quote: its row as JSON; None: it has expired.
    """

    score: float
    symbol: bytes
    quote: bytes | None


@dataclass(frozen=True)
class Moment:
    """The boards as they were at one moment.

    Attributes:
        session: of the session clock; None before the first event, and where scores are not read.
        revision: of the market.
        time: the server's, Unix milliseconds.
        boards: of each its places, the first one first.
    """

    session: Session | None
    revision: int
    time: int
    boards: Sequence[Sequence[Place]]


class BoardReader:
    """Reads the boards of a server.

    Args:
        redis: the server.
        size: places of a board.
        is_merged: also read the session and the scores, by which boards of several servers are merged.
    """

    def __init__(self, redis: Redis, size: int, *, is_merged: bool) -> None:
        self._redis = redis
        self._size = size
        self._is_merged = is_merged

    def read(self) -> Moment:
        """The boards at a moment of which the quotes of all their symbols are known.

        Raises:
            redis.exceptions.RedisError: Redis cannot be reached or refuses.
        """
        read = self._transaction(())
        while not read.quotes.keys() >= {symbol for board in read.boards for symbol, _ in board[: self._size]}:
            # There are ever more, so the loop ends however fast symbols come and go.
            read = self._transaction({*read.quotes, *(symbol for board in read.boards for symbol, _ in board)})
        boards = [
            [Place(score, symbol, read.quotes[symbol]) for symbol, score in board[: self._size]]
            for board in read.boards
        ]
        return Moment(session(read.session), read.revision, read.time, boards)

    def _transaction(self, symbols: Sequence[bytes] | set[bytes]) -> "_Read":
        """The boards now, with the quotes of these symbols."""
        symbols, prefix = [*symbols], keys.quote("").encode()
        with self._redis.pipeline() as pipe:
            pipe.get(keys.REVISION)
            pipe.time()
            for board in BOARDS:
                ranged = pipe.zrange if board.ascending else pipe.zrevrange
                ranged(board.key, 0, self._size + _SPARE - 1, withscores=self._is_merged)
            if self._is_merged:
                pipe.get(keys.SESSION)
            if symbols:
                pipe.mget([prefix + symbol for symbol in symbols])
            revision, (seconds, microseconds), *boards = pipe.execute()
        quotes = dict(zip(symbols, boards.pop(), strict=True)) if symbols else {}
        number = boards.pop() if self._is_merged else None
        scored = boards if self._is_merged else [[(symbol, 0.0) for symbol in board] for board in boards]
        return _Read(number, int(revision or 0), seconds * 1000 + microseconds // 1000, scored, quotes)


class _Read(NamedTuple):
    """What one transaction has read; of each board symbols and scores, some behind the last place too."""

    session: Any
    revision: int
    time: int
    boards: Sequence[Sequence[tuple[bytes, float]]]
    quotes: Mapping[bytes, bytes | None]
