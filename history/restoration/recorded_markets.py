"""The markets that are recorded of a day, each as recording left it.

A day has several if recording began anew: because a recorder was away, or because Redis had lost its data, after
which the market began anew as well. All of them together have all bars.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

import duckdb

from history.archive.day import Day
from history.archive.parquet import scan
from history.archive.schema import ANCHORS, CHECKPOINTS, Table
from history.database import Database
from history.errors import NothingRecordedError
from history.fold.market_fold import MarketFold
from history.fold.profiles import Profiles
from history.fold.recorded_day import RecordedDay, Start
from history.queries.references import references
from history.restoration.market import Market
from leaderboard.reference import Reference, VolumeProfile


class RecordedMarket(NamedTuple):
    """A market, and until when it is recorded, Unix milliseconds."""

    market: Market
    at: int


class _Stop(NamedTuple):
    """The last entry before recording began anew, or the last of all; its time in Unix milliseconds."""

    position: int
    revision: int
    at: int


def recorded_markets(
    day: Day, connection: duckdb.DuckDBPyConnection, database: Database
) -> Iterator[RecordedMarket]:
    """The markets of a day, the oldest first.

    Args:
        day: the day. What is recorded meanwhile is not read.
        connection: for the fold of the day's bars.
        database: for its reference data.

    Raises:
        NothingRecordedError: there is no bar, or no state from which the boards follow.
    """
    recorded, found = RecordedDay(day, connection), False
    day.views(database)
    known = references(database, day.date)
    for start, stop in _segments(recorded, day, connection):
        profiles = recorded.profiles()
        (fold,) = recorded.stops(start, [(stop.position, stop.revision)], profiles)
        if market := _market(fold, stop.position, profiles, known):
            found = True
            yield RecordedMarket(market, stop.at)
    if not found:
        raise NothingRecordedError(f"Of {day.date} there is no bar.")


def _segments(
    recorded: RecordedDay, day: Day, connection: duckdb.DuckDBPyConnection
) -> Iterator[tuple[Start, _Stop]]:
    """Where each market can be computed from, and its last entry."""

    def rows(columns: str, table: Table, condition: str = "true") -> list[tuple[Any, ...]]:
        files = scan(table, day.files(table))
        return connection.execute(f"SELECT {columns} FROM {files} WHERE {condition} ORDER BY position").fetchall()

    entries = [_Stop(*row) for row in rows("position, revision, written_at", ANCHORS)]
    bases = [position for (position,) in rows("position", CHECKPOINTS, "kind = 'base'")]
    for after, end in pairwise([-1, *bases, max((entry.position for entry in entries), default=0) + 1]):
        if starts := [start for start in recorded.starts if after <= start.position < end]:
            start = starts[-1]
            at = max((entry.at for entry in entries if entry.position <= end), default=0)
            following = [entry for entry in entries if start.position < entry.position <= end]
            yield start, max(following, default=_Stop(start.position, start.revision, at))


def _market(fold: MarketFold, position: int, profiles: Profiles, known: Mapping[str, Reference]) -> Market | None:
    """The market of a fold; None if no session has begun in it."""
    if fold.session is None:
        return None
    state = fold.state()
    made = {
        symbol: VolumeProfile.unpack(profiles.at(symbol, learned_at).packed)
        for learned_at, symbol in zip(state["profile_position"].tolist(), state["symbol"].tolist(), strict=True)
        if learned_at
    }
    return Market(fold.session, position, fold.revision, state, made, known)
