"""Several boards, screens and quotes as they stood at one second of a recorded day.

All of them are taken from one fold of the day, or from two with screens, which is most of what they cost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from config.settings import settings
from history.errors import NothingRecordedError
from history.fold.market_fold import MarketFold
from history.fold.recorded_day import RecordedDay, Tick
from history.queries.boards_at import compared, fold_at, last_tick, screens_at
from leaderboard.boards import BY_NAME
from leaderboard.sessions import Session


@dataclass(frozen=True)
class MarketAt:
    """What viewers of some boards, screens and symbols had before them at a second.

    Attributes:
        published_at: when the boards were published last, Unix milliseconds.
        session: that they showed; None: no bar had come yet.
        newest_bar: when the market's newest bar until then ended, Unix milliseconds; None: there was none.
        boards: by the name of a board or screen its rows as JSON, the first one first, with their ranks.
        unknown: by the name of one that has no rows here, a sentence that says why.
        quotes: by symbol its row as JSON; without those that had not traded on the day.
    """

    published_at: int
    session: Session | None
    newest_bar: int | None
    boards: Mapping[str, Sequence[bytes]]
    unknown: Mapping[str, str]
    quotes: Mapping[str, bytes]


def market_at(folder: Path, at: int, names: Sequence[str], symbols: Sequence[str], limit: int | None) -> MarketAt:
    """The market at a second.

    Args:
        folder: where history is recorded.
        at: the second, Unix milliseconds.
        names: of boards and screens.
        symbols: whose quotes are wanted.
        limit: rows of each board; None: all that were published.

    Raises:
        NothingRecordedError: it is not known what was published then.
    """
    recorded, tick = last_tick(folder, "boards", at)
    fold = fold_at(recorded, [tick])
    size = min(limit or settings().board_size, settings().board_size)
    boards = {name: fold.table.rows_of_board(fold.board(BY_NAME[name], size)) for name in names if name in BY_NAME}
    quotes = _quotes(fold, symbols)
    newest = fold.table.column("end_timestamp").max(initial=0)
    screens, unknown = _screens(folder, at, [name for name in names if name not in BY_NAME], limit)
    return MarketAt(tick.published_at, fold.session, int(newest) or None, boards | screens, unknown, quotes)


def _quotes(fold: MarketFold, symbols: Sequence[str]) -> dict[str, bytes]:
    rows = {symbol: row for symbol in symbols if (row := fold.table.row(symbol)) is not None}
    return dict(zip(rows, fold.table.quotes(np.array([*rows.values()], np.intp)), strict=True))


def _screens(
    folder: Path, at: int, names: Sequence[str], limit: int | None
) -> tuple[dict[str, Sequence[bytes]], dict[str, str]]:
    """The rows of screens, and of those that have none why not."""
    if not names:
        return {}, {}
    try:
        return _known_screens(*last_tick(folder, "screens", at), folder, names, limit)
    except NothingRecordedError as error:
        return {}, dict.fromkeys(names, str(error))


def _known_screens(
    recorded: RecordedDay, tick: Tick, folder: Path, names: Sequence[str], limit: int | None
) -> tuple[dict[str, Sequence[bytes]], dict[str, str]]:
    published = screens_at(folder, recorded, tick)
    fold = fold_at(recorded, compared(recorded, tick))
    rows: dict[str, Sequence[bytes]] = {
        name: fold.table.ranked(fold.table.select(published[name].selection)[:limit])
        for name in names
        if name in published
    }
    return rows, {name: f"No screen {name!r} was published then." for name in names if name not in published}
