"""Reads the market's state from Redis, where recording begins without knowing the day so far."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, cast

from redis import Redis

from history.archive.parquet import Arrays
from history.archive.rows import arrays_of
from history.archive.schema import LEARNED
from history.fold.base import symbol_state
from history.fold.state import State, of_rows
from history.recorder.gap import day_of
from history.recorder.tapes.moment import Page
from history.recorder.tapes.tape import Tape
from leaderboard import keys
from leaderboard.reference.figures import NOTHING_KNOWN, Reference
from leaderboard.reference.redis_reference import RedisReference
from leaderboard.row import numbers_of
from leaderboard.sessions import Session
from leaderboard.shards import Shards

#: Symbols that are read at one moment: it blocks Redis for a few milliseconds.
PAGE = 250
# The session clock moves at most twice a day: that it moves during each of several reads means something else.
_ATTEMPTS = 3


class BaseError(Exception):
    """The market's state cannot be read; the text is a sentence that says why."""


@dataclass(frozen=True)
class Base:
    """The state of the market.

    Entries of the tape after its position count for a symbol if their revision is greater than the symbol's.

    Attributes:
        position, at: of the tape when reading began; Unix milliseconds.
        end_position, end_at: the same when it was done: from then on the boards are known.
        revision, session: when it began.
        since: start of the day's first bar as far as it is known; 0: there was none.
        state: of the symbols that have traded.
        learned: the table of volume profiles.
    """

    position: int
    at: int
    end_position: int
    end_at: int
    revision: int
    session: int
    since: int
    state: State
    learned: Arrays


class BaseReader:
    """Reads the state, a page of symbols at a time.

    Args:
        shards: the servers of the boards.
        tape: that is recorded.
    """

    def __init__(self, shards: Shards[Redis], tape: Tape) -> None:
        self._shards = shards
        self._tape = tape

    def read(self) -> Base:
        """The state as it is now.

        Raises:
            BaseError: a record is invalid, or the session clock moves during each attempt.
            HistoryError: the state of several servers cannot be placed on their tape.
            redis.exceptions.RedisError: Redis does not answer.
        """
        for _ in range(_ATTEMPTS):
            if base := self._read():
                return base
        raise BaseError("The session clock moved each time that the market's state was read.")

    def _read(self) -> Base | None:
        begun = self._tape.moment()
        session = max(begun.sessions)
        references: dict[str, tuple[str, Reference]] = {}
        pages: list[_Page] = []
        for server, redis in enumerate(self._shards):
            of_server = _references(redis, day_of(session, begun.at))
            references |= of_server
            # A server that still shows an earlier day has no symbol that has traded.
            traded = _traded(redis) if _is_same_day(begun.sessions[server], session) else []
            for symbols in _pages(traded):
                page = _page(redis, server, symbols, of_server, begun.position)
                if page.session != begun.sessions[server]:
                    return None
                pages.append(page)
        revisions = self._tape.revisions([page.about for page in pages])
        rows = [
            row | {"revision": revision}
            for page, revision in zip(pages, revisions, strict=True)
            for row in page.rows
        ]
        end = self._tape.moment()
        if end.sessions != begun.sessions:
            return None
        opens = [row[name] for row in rows for name in ("pre_open_start", "regular_open_start") if row[name]]
        learned = _learned(references, begun.position, begun.at, begun.revision)
        return Base(
            begun.position,
            begun.at,
            end.position,
            end.at,
            begun.revision,
            session,
            min(opens, default=0),
            of_rows(sorted(rows, key=lambda row: str(row["symbol"]))),
            learned,
        )


class _Page(NamedTuple):
    """The states of some symbols of a server: all of one moment.

    Attributes:
        about: when it was read.
        session: the server's session clock then.
        rows: of the symbols, as :func:`history.fold.state.of_rows` takes them.
    """

    about: Page
    session: int
    rows: list[dict[str, Any]]


def _traded(redis: Redis) -> list[str]:
    return [symbol.decode() for symbol in cast(list[bytes], redis.hkeys(keys.RECORDS))]


def _references(redis: Redis, day: date) -> dict[str, tuple[str, Reference]]:
    """By symbol, the version of its reference data, and the data."""
    found, reference = {}, RedisReference(redis)
    for page in _pages(sorted(reference.symbols())):
        for symbol, stored in zip(page, reference.load(day, page), strict=True):
            found[symbol] = stored.version, stored.reference
    return found


def _page(
    redis: Redis,
    server: int,
    symbols: Sequence[str],
    references: Mapping[str, tuple[str, Reference]],
    position: int,
) -> _Page:
    with redis.pipeline(transaction=True) as pipe:
        pipe.mget([keys.REVISION, keys.SESSION, keys.TAPE_POSITION])
        pipe.hmget(keys.RECORDS, [*symbols])
        for symbol in symbols:
            pipe.hgetall(keys.row(symbol))
        numbers, records, *rows = pipe.execute()
    revision, session, tape_position = (int(number or 0) for number in numbers)
    states = []
    for symbol, record, row in zip(symbols, records, rows, strict=True):
        # Without a record it has not traded on the day that has begun meanwhile.
        if record is not None:
            reference = references.get(symbol, ("", NOTHING_KNOWN))[1]
            states.append(_state(symbol, revision, record, row, reference, position))
    return _Page(Page(server, revision, tape_position), session, states)


def _is_same_day(one: int, other: int) -> bool:
    """Whether two sessions are of one day, by their numbers; 0: before the first session."""
    return one == other or (one > 0 and Session.from_number(one).day == Session.from_number(other).day)


def _state(
    symbol: str, revision: int, record: bytes, row: Mapping[bytes, bytes], reference: Reference, position: int
) -> dict[str, Any]:
    try:
        return symbol_state(symbol, revision, record, numbers_of(row), reference, position)
    except (struct.error, ValueError) as error:
        raise BaseError(f"{keys.RECORDS} does not hold a record of {symbol}: {error}") from error


def _learned(references: Mapping[str, tuple[str, Reference]], position: int, at: int, revision: int) -> Arrays:
    about = {"position": position, "written_at": at, "revision": revision, "previous": "", "profile": ""}
    return arrays_of(
        LEARNED,
        [
            {**about, "symbol": symbol, "version": version, "volume_profile": reference.volume_profile.packed}
            for symbol, (version, reference) in references.items()
            if reference.volume_profile.means
        ],
    )


def _pages(symbols: Sequence[str]) -> Iterator[Sequence[str]]:
    return (symbols[start : start + PAGE] for start in range(0, len(symbols), PAGE))
