"""Reads the market's state from Redis, where recording begins without knowing the day so far."""

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from redis import Redis

from history.archive.parquet import Arrays
from history.archive.rows import arrays_of
from history.archive.schema import LEARNED
from history.fold.base import symbol_state
from history.fold.state import State, of_rows
from history.recorder.gap import day_of
from leaderboard import keys
from leaderboard.reference.figures import NOTHING_KNOWN, Reference
from leaderboard.reference.redis_reference import RedisReference
from leaderboard.row import numbers_of

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
        redis: the Redis of the boards.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._reference = RedisReference(redis)

    def read(self) -> Base:
        """The state as it is now.

        Raises:
            BaseError: a record is invalid, or the session clock moves during each attempt.
            redis.exceptions.RedisError: Redis does not answer.
        """
        for _ in range(_ATTEMPTS):
            if base := self._read():
                return base
        raise BaseError("The session clock moved each time that the market's state was read.")

    def _read(self) -> Base | None:
        position, at, revision, session = self._moment()
        references = self._references(day_of(session, at))
        rows: list[dict[str, Any]] = []
        for page in _pages(self._traded()):
            page_session, of_page = self._page(page, references, position)
            if page_session != session:
                return None
            rows += of_page
        end_position, end_at, _, end_session = self._moment()
        if end_session != session:
            return None
        opens = [row[name] for row in rows for name in ("pre_open_start", "regular_open_start") if row[name]]
        learned = _learned(references, position, at, revision)
        return Base(
            position,
            at,
            end_position,
            end_at,
            revision,
            session,
            min(opens, default=0),
            of_rows(sorted(rows, key=lambda row: str(row["symbol"]))),
            learned,
        )

    def _moment(self) -> tuple[int, int, int, int]:
        """The tape's position, the time, the revision and the session's number."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.mget([keys.TAPE_POSITION, keys.REVISION, keys.SESSION])
            pipe.time()
            numbers, (seconds, microseconds) = pipe.execute()
        position, revision, session = (int(number or 0) for number in numbers)
        return position, seconds * 1000 + microseconds // 1000, revision, session

    def _traded(self) -> list[str]:
        return [symbol.decode() for symbol in cast(list[bytes], self._redis.hkeys(keys.RECORDS))]

    def _references(self, day: date) -> dict[str, tuple[str, Reference]]:
        """By symbol, the version of its reference data, and the data."""
        found = {}
        for page in _pages(sorted(self._reference.symbols())):
            for symbol, stored in zip(page, self._reference.load(day, page), strict=True):
                found[symbol] = stored.version, stored.reference
        return found

    def _page(
        self, symbols: Sequence[str], references: Mapping[str, tuple[str, Reference]], position: int
    ) -> tuple[int, list[dict[str, Any]]]:
        """The session's number, and the symbols' states: all of one moment."""
        with self._redis.pipeline(transaction=True) as pipe:
            pipe.mget([keys.REVISION, keys.SESSION])
            pipe.hmget(keys.RECORDS, [*symbols])
            for symbol in symbols:
                pipe.hgetall(keys.row(symbol))
            (revision, session), records, *rows = pipe.execute()
        states = []
        for symbol, record, row in zip(symbols, records, rows, strict=True):
            # Without a record it has not traded on the day that has begun meanwhile.
            if record is not None:
                reference = references.get(symbol, ("", NOTHING_KNOWN))[1]
                states.append(_state(symbol, int(revision or 0), record, row, reference, position))
        return int(session or 0), states


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
