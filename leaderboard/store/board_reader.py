"""Reads the boards of a server at one moment.

No script reads them: Redis would copy every quote into Lua and out again, which takes it five times as long. A
transaction can list the symbols of boards or read quotes whose symbols are known before, not both. So each one
reads the quotes of those that the one before has listed, and lists them anew: most often there are two. What the
last one has read is of one moment.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from redis import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.connections.redis_values import session
from leaderboard.sessions import Session

# Symbols behind the last one of a board whose quotes are read as well: one of them may rank higher a moment later.
_SPARE = 25


@dataclass(frozen=True)
class Moment:
    """The boards as they were at one moment.

    Attributes:
        session: of the session clock; None before the first event, and where scores are not read.
        revision: of the market.
        time: the server's, Unix milliseconds.
        boards: of each its symbols, the first one first.
        scores: of each what ranks them, in the same order; empty where scores are not read.
        quotes: of all these symbols their rows as JSON; None: it has expired.
    """

    session: Session | None
    revision: int
    time: int
    boards: Sequence[Sequence[bytes]]
    scores: Sequence[Sequence[float]]
    quotes: Mapping[bytes, bytes | None]


class BoardReader:
    """Reads the boards of a server.

    Args:
        redis: the server.
        size: symbols of a board.
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
        while not read.quotes.keys() >= {symbol for board in read.boards for symbol in board[: self._size]}:
            # There are ever more, so the loop ends however fast symbols come and go.
            read = self._transaction({*read.quotes, *(symbol for board in read.boards for symbol in board)})
        boards = [board[: self._size] for board in read.boards]
        scores = [of_board[: self._size] for of_board in read.scores]
        return replace(read, boards=boards, scores=scores)

    def _transaction(self, symbols: Sequence[bytes] | set[bytes]) -> Moment:
        """The boards now, also some symbols behind the last place of each, with the quotes of these symbols."""
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
        shown, scores = None, []
        if self._is_merged:
            shown = session(boards.pop())
            scores = [[score for _, score in board] for board in boards]
            boards = [[symbol for symbol, _ in board] for board in boards]
        return Moment(shown, int(revision or 0), seconds * 1000 + microseconds // 1000, boards, scores, quotes)
