"""Verifies a portion of a day."""

from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path

import numpy as np

from history.archive.day import Day
from history.fold.market_fold import MarketFold
from history.fold.past_windows import PastWindows
from history.fold.recorded_day import RecordedDay, Start, Tick
from history.queries.connection import connection
from history.queries.definitions import screens_of
from history.verification.plan import Portion
from history.verification.verdict import Verdicts
from leaderboard.boards import BY_NAME
from leaderboard.sessions import Session


def verify_portion(folder: Path, portion: Portion, board_size: int, interval: float) -> Verdicts:
    """Compute each tick of a portion anew, and compare it with its digests; and the states with those stored.

    Args:
        folder: of the day.
        portion: of it.
        board_size: rows that boards have at most.
        interval: seconds between two ticks.

    Raises:
        duckdb.Error: a file cannot be read.
    """
    recorded, verdicts = RecordedDay(Day(folder), connection()), Verdicts()
    stops: list[Tick | Start] = [*portion.before, *portion.ticks, *portion.checkpoints]
    stops.sort(key=lambda stop: (stop.revision, stop.position))
    compared = {(tick.kind, tick.position) for tick in portion.ticks}
    profiles = recorded.profiles()
    folds = recorded.stops(portion.start, [(stop.position, stop.revision) for stop in stops], profiles)
    windows: PastWindows | None = None
    for stop, fold in zip(stops, folds, strict=True):
        windows = windows or PastWindows(fold, interval)
        if isinstance(stop, Start):
            stored = MarketFold.of_state(recorded.state(stop), stop.session, stop.revision, profiles)
            verdicts.states.note(stop.position, is_right=_rows(stored) == _rows(fold))
        elif (stop.kind, stop.position) not in compared:
            windows.note(stop.slot)
        else:
            fold.settle()
            if stop.kind == "screens":
                windows.put(stop.slot)
            published = _boards(fold, board_size) if stop.kind == "boards" else _screens(fold, stop)
            verdicts.of(stop).note(stop, [*_differing(stop, published)])
    return verdicts


def _rows(fold: MarketFold) -> tuple[Session | None, dict[str, bytes]]:
    """The session, and each symbol's row."""
    fold.settle()
    rows = np.ascontiguousarray(fold.table.numbers().T)
    return fold.session, {symbol: row.tobytes() for symbol, row in zip(fold.table.symbols, rows, strict=True)}


def _boards(fold: MarketFold, size: int) -> Iterator[tuple[str, bytes]]:
    for board in BY_NAME.values():
        yield board.name, fold.snapshot(board, size)


def _screens(fold: MarketFold, tick: Tick) -> Iterator[tuple[str, bytes]]:
    for screen in screens_of(tick.definitions):
        yield screen.name, fold.table.snapshot(fold.table.select(screen.selection))


def _differing(tick: Tick, computed: Iterator[tuple[str, bytes]]) -> Iterator[str]:
    """The names of boards or screens that differ, or that were only published or only computed."""
    missing = dict(tick.digests)
    for name, snapshot in computed:
        if missing.pop(name, None) != sha1(snapshot, usedforsecurity=False).hexdigest():
            yield name
    yield from missing
