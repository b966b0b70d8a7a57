"""How the prices of some symbols had moved in the session, up to a second of a recorded day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from history.archive.parquet import scan
from history.archive.remembered import remembered_rows
from history.archive.schema import BARS, SESSIONS
from history.fold.recorded_day import RecordedDay, Tick
from history.queries.boards_at import PastDays
from history.queries.closes import session_closes
from history.queries.connection import connection
from leaderboard.sessions import Session


@dataclass(frozen=True)
class LinesAt:
    """Sparklines.

    Attributes:
        session: that the boards showed; None: nothing had traded yet.
        step: milliseconds between two points.
        closes: by symbol that had traded in it, the oldest first; NaN: not traded yet.
    """

    session: Session | None
    step: int
    closes: Mapping[str, NDArray[np.float64]]


def lines_at(folder: Path, symbols: Sequence[str], at: int, points: int, first_step: int) -> LinesAt:
    """The sparklines of symbols as they stood at a second.

    Args:
        folder: where history is recorded.
        symbols: whose.
        at: the second, Unix milliseconds.
        points: of a line at most.
        first_step: milliseconds between two points at least. It doubles whenever there would be too many.

    Raises:
        NothingRecordedError: it is not known what was published then.
    """
    recorded, tick = PastDays(folder).last_tick("boards", at)
    session = _session(recorded, tick)
    newest = _newest_end(recorded, tick) if session else None
    if session is None or newest is None or newest <= session.start:
        return LinesAt(session, first_step, {})
    step = first_step
    while (newest - 1 - session.start) // step >= points:
        step *= 2
    count = (newest - 1 - session.start) // step + 1
    found = session_closes(folder, session.day, session.start, step, count, symbols=symbols, last=tick.position)
    return LinesAt(session, step, {symbol: _filled(closes) for symbol, closes in found.items()})


def _session(recorded: RecordedDay, tick: Tick) -> Session | None:
    """The session that the boards showed at a tick."""
    rolls = remembered_rows(connection(), recorded.day.files(SESSIONS), "position, session")
    starts = [(start.position, start.session) for start in recorded.starts]
    known = [(position, number) for position, number in [*rolls, *starts] if number and position <= tick.position]
    return Session.from_number(max(known)[1]) if known else None


def _newest_end(recorded: RecordedDay, tick: Tick) -> int | None:
    """When the newest bar up to a tick ended, Unix milliseconds; None: there was none."""
    start = recorded.start_before(tick)
    # It is behind the last stored state, unless the market has been still since.
    for after in dict.fromkeys((start.position if start else -1, -1)):
        parts = [part for part in recorded.day.parts() if part.last > after and part.first <= tick.position]
        bars = scan(BARS, recorded.day.files(BARS, parts))
        which = f"position > {after} AND position <= {tick.position}"
        [(newest,)] = connection().execute(f"SELECT max(end_timestamp) FROM {bars} WHERE {which}").fetchall()
        if newest is not None:
            return int(newest)
    return None


def _filled(closes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Closes, of which each span without a trade has the one before."""
    last = np.maximum.accumulate(np.where(np.isnan(closes), 0, np.arange(len(closes))))
    return closes[last]
