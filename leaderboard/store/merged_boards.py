"""Merges the boards of several servers: the first places of all are among the first places of each.

All that is merged is of one session. A server whose session clock is behind is rolled to the newest session, for
the market has only one, and read again. A server that is away keeps the places that were published last, as long
as they are of the session that is shown; others go on.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, cast

import msgspec
from redis import Redis
from redis.exceptions import RedisError

from leaderboard import keys
from leaderboard.boards import BOARDS, Board, Holds
from leaderboard.connections.questions import Questions
from leaderboard.connections.redis_errors import is_transient
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.sessions import Session
from leaderboard.shards import Shards
from leaderboard.store.board_reader import BoardReader, Moment
from leaderboard.store.session_roll import SessionRoll
from leaderboard.store.shard_mark import marks_of

#: The field of :data:`leaderboard.keys.SNAPSHOT` that holds the number of the session that was published.
SESSION_FIELD = "session"

#: In place of the revision of a server that is away.
AWAY = "-"
# How often servers that are behind are rolled, while others roll on.
_ROUNDS = 3


class BehindError(RedisError):
    """A server's session clock is behind that of the others, and could not be rolled."""


class Place(NamedTuple):
    """A symbol on a board.

    Attributes:
        score: what ranks it.
        symbol: its name.
        quote: its row as JSON; None: it has expired.
    """

    score: float
    symbol: bytes
    quote: bytes | None


@dataclass(frozen=True)
class MergedBoards:
    """The boards of all servers.

    Attributes:
        session: that all are of; None before the first event.
        revisions: of the servers, as text; one that is away has none.
        time: of the first server, Unix milliseconds.
        boards: of each its places, the first one first.
        away: by the index of a server that was left out, why.
    """

    session: Session | None
    revisions: "Revisions"
    time: int
    boards: Sequence[Sequence[Place]]
    away: Mapping[int, Exception]


@dataclass(frozen=True)
class Revisions:
    """The revisions of the servers at one moment of each.

    Attributes:
        first: of the first server.
        others: of the others, as text, which differs wherever any of them does.
    """

    first: int
    others: str


class BoardMerger:
    """Reads and merges the boards of several servers.

    Args:
        shards: the servers.
        size: places of a board.
        seconds: within which the servers have to answer; the first one is waited for.
    """

    def __init__(self, shards: Shards[Redis], size: int, seconds: float) -> None:
        self._shards = shards
        self._size = size
        self._readers = [BoardReader(redis, size, is_merged=True) for redis in shards]
        self._rolls = [SessionRoll(redis) for redis in shards]
        self._marks = marks_of(shards)
        self._questions = Questions(seconds)

    def other_revisions(self) -> str:
        """The present revisions of all servers but the first one, as :attr:`Revisions.others`."""
        answers = self._questions.ask(
            {n: partial(redis.get, keys.REVISION) for n, redis in enumerate(self._shards) if n}
        )
        revisions = [0 if isinstance(answer, Exception) else int(answer or 0) for answer in answers.values()]
        return revisions_text(revisions, [n for n, answer in answers.items() if isinstance(answer, Exception)])

    def read(self) -> MergedBoards:
        """The boards of all servers that are not away.

        Raises:
            redis.exceptions.RedisError: the first server cannot be reached or refuses.
        """
        moments, away = self._moments()
        first = moments[0]
        others = [moments[n].revision if n in moments else 0 for n in range(1, len(self._shards))]
        revisions = Revisions(first.revision, revisions_text(others, away))
        parts = [[_places(moment, number) for moment in moments.values()] for number in range(len(BOARDS))]
        if away:
            for part, places in zip(parts, self._standing(first.session, away), strict=True):
                part.append(places)
        boards = [merge(board, part, self._size) for board, part in zip(BOARDS, parts, strict=True)]
        return MergedBoards(first.session, revisions, first.time, boards, away)

    def _moments(self) -> tuple[dict[int, Moment], dict[int, Exception]]:
        """Moments of one session, by the index of the server; and why others are left out."""
        moments: dict[int, Moment] = {}
        away = self._ask(moments, range(len(self._readers)), None)
        for _ in range(_ROUNDS):
            newest = max((moment.session for moment in moments.values() if moment.session), default=None)
            behind = [n for n, moment in moments.items() if moment.session != newest]
            if not behind or newest is None:
                return moments, away
            away |= self._ask(moments, behind, newest)
        newest = moments[0].session
        if lagging := [n for n, moment in moments.items() if moment.session != newest]:
            away |= {n: BehindError(f"it shows {moments.pop(n).session}, not {newest}") for n in lagging}
        return moments, away

    def _ask(
        self, moments: dict[int, Moment], servers: Sequence[int], session: Session | None
    ) -> dict[int, Exception]:
        """Read servers, after they were rolled to a session, into `moments`. Returns what others failed with."""

        def read(server: int) -> Moment:
            self._marks[server].check()
            if session:
                self._rolls[server].to(session)
            return self._readers[server].read()

        questions = {server: partial(read, server) for server in servers if server}
        failed: dict[int, Exception] = {}
        answers: dict[int, Moment | Exception] = self._questions.ask(questions)
        if 0 in servers:
            answers[0] = read(0)
        for server, answer in answers.items():
            moments.pop(server, None)
            if isinstance(answer, Exception):
                if not (is_transient(answer) or isinstance(answer, InvalidValueError)):
                    raise answer
                failed[server] = answer
            else:
                moments[server] = answer
        return failed

    def _standing(self, session: Session | None, away: Mapping[int, Exception]) -> list[list[Place]]:
        """Of each board the places that servers which are away have in the published snapshot."""
        number = cast(bytes | None, self._shards.first.hget(keys.SNAPSHOT, SESSION_FIELD))
        if session is None or number is None or not number.isdigit():
            return [[] for _ in BOARDS]
        published = Session.from_number(int(number))
        return [
            self._published_places(board, away) if _holds(board, session, published) else [] for board in BOARDS
        ]

    def _published_places(self, board: Board, away: Mapping[int, Exception]) -> list[Place]:
        snapshot = cast(bytes | None, self._shards.first.get(board.scanner)) or b"[]"
        places = []
        for raw in msgspec.json.decode(snapshot, type=list[msgspec.Raw]):
            row: dict[str, Any] = msgspec.json.decode(raw)
            if self._shards.index(row["symbol"]) in away:
                _, _, quote = bytes(raw).partition(b",")
                places.append(Place(float(row[board.field]), row["symbol"].encode(), b"{" + quote))
        return places


def _places(moment: Moment, board: int) -> list[Place]:
    """The places of a board, by its number among :data:`leaderboard.boards.BOARDS`."""
    symbols = moment.boards[board]
    return [*map(Place, moment.scores[board], symbols, map(moment.quotes.__getitem__, symbols))]


def merge(board: Board, parts: Sequence[Sequence[Place]], size: int) -> list[Place]:
    """The first places of a board, of the first places of each server, ranked as Redis does.

    Args:
        board: which one.
        parts: of each server its first `size` places, or all.
        size: places at most.
    """
    places = [place for part in parts for place in part]
    return sorted(places, key=lambda place: place[:2], reverse=not board.ascending)[:size]


def _holds(board: Board, session: Session, published: Session) -> bool:
    """Whether places of a board that were published in one session are places in another."""
    return published.day == session.day if board.holds is Holds.DAY else published == session


def revisions_text(others: Sequence[int], away: Container[int]) -> str:
    """The revisions of all servers but the first one, as text that differs wherever any does.

    Args:
        others: the revisions.
        away: indices of servers that are away, whose revisions do not count.
    """
    return " ".join(AWAY if n in away else str(revision) for n, revision in enumerate(others, 1))
