"""Several boards, screens and quotes as they stood at one second of a recorded day, or at a run of seconds.

All of them are taken from one fold of the day, which is most of what they cost.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from config.settings import settings
from history.errors import NothingRecordedError
from history.fold.market_fold import MarketFold
from history.fold.recorded_day import RecordedDay, Tick
from history.queries.boards_at import PastDays, compared, fold_at, folds_at, screens_at
from leaderboard.boards import BY_NAME
from leaderboard.screens.screen import Screen
from leaderboard.sessions import Session

_Rows: TypeAlias = Mapping[str, Sequence[bytes]]
# The kind of a tick, and its position.
_Key: TypeAlias = tuple[str, int]


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
    boards: _Rows
    unknown: Mapping[str, str]
    quotes: Mapping[str, bytes]


@dataclass(frozen=True)
class Wanted:
    """What is wanted of each second.

    Attributes:
        names: of boards and screens.
        symbols: whose quotes are wanted.
        limit: rows of each board; None: all that were published.
    """

    names: Sequence[str] = ()
    symbols: Sequence[str] = ()
    limit: int | None = None

    @property
    def screens(self) -> list[str]:
        return [name for name in self.names if name not in BY_NAME]


@dataclass(frozen=True)
class _Screens:
    """The screens that were published at a tick.

    Attributes:
        recorded: the tick's day.
        ticks: with which its windows compare, and at last the tick itself.
        published: by name.
    """

    recorded: RecordedDay
    ticks: Sequence[Tick]
    published: Mapping[str, Screen]

    @property
    def last(self) -> Tick:
        return self.ticks[-1]


@dataclass(frozen=True)
class _Second:
    """Where a second is recorded.

    Attributes:
        at: the second, Unix milliseconds.
        recorded: the day of its boards.
        boards: their tick.
        screens: None: none are wanted, or it is not known why.
        unknown: by the name of a screen that has no rows, why.
    """

    at: int
    recorded: RecordedDay
    boards: Tick
    screens: _Screens | None
    unknown: Mapping[str, str]


def market_at(folder: Path, at: int, wanted: Wanted) -> MarketAt:
    """The market at a second.

    Args:
        folder: where history is recorded.
        at: the second, Unix milliseconds.
        wanted: of it.

    Raises:
        NothingRecordedError: it is not known what was published then.
    """
    [found] = markets_at(folder, [at], wanted)
    if isinstance(found, NothingRecordedError):
        raise found
    return found


def markets_at(folder: Path, seconds: Sequence[int], wanted: Wanted) -> Sequence[MarketAt | NothingRecordedError]:
    """The market at a run of seconds, in their order; of one that is not known, why.

    Args:
        folder: where history is recorded.
        seconds: rising, Unix milliseconds.
        wanted: of each.
    """
    found: dict[int, MarketAt | NothingRecordedError] = {}
    located: list[_Second] = []
    past = PastDays(folder)
    for at in seconds:
        try:
            located.append(_located(folder, past, at, wanted))
        except NothingRecordedError as error:
            found[at] = error
    for _, of_day in groupby(located, key=lambda second: second.recorded.day.folder):
        found.update(_of_day([*of_day], wanted))
    return [found[at] for at in seconds]


def _located(folder: Path, past: PastDays, at: int, wanted: Wanted) -> _Second:
    recorded, tick = past.last_tick("boards", at)
    names = wanted.screens
    if not names:
        return _Second(at, recorded, tick, None, {})
    try:
        day, last = past.last_tick("screens", at)
        screens = _Screens(day, compared(day, last), screens_at(folder, day, last))
    except NothingRecordedError as error:
        return _Second(at, recorded, tick, None, dict.fromkeys(names, str(error)))
    unknown = {name: f"No screen {name!r} was published then." for name in names if name not in screens.published}
    return _Second(at, recorded, tick, screens, unknown)


def _of_day(seconds: Sequence[_Second], wanted: Wanted) -> Iterator[tuple[int, MarketAt | NothingRecordedError]]:
    try:
        yield from _together(seconds, wanted).items()
    except NothingRecordedError:
        # Something between them is missing, which need not matter to each.
        for second in seconds:
            try:
                yield second.at, _alone(second, wanted)
            except NothingRecordedError as error:
                yield second.at, error


def _together(seconds: Sequence[_Second], wanted: Wanted) -> dict[int, MarketAt]:
    """All seconds from one fold."""
    recorded = seconds[0].recorded
    screens = [second.screens for second in seconds if second.screens]
    if any(each.recorded is not recorded for each in screens):
        raise NothingRecordedError("Boards and screens are of different days.")
    ticks = [*(second.boards for second in seconds), *(tick for each in screens for tick in each.ticks)]
    ordered = sorted({_key(tick): tick for tick in ticks}.values(), key=attrgetter("revision", "position"))
    read: dict[_Key, Callable[[MarketFold], Any]] = {
        _key(second.boards): partial(_boards, second.boards, wanted) for second in seconds
    } | {_key(each.last): partial(_screens, each, wanted) for each in screens}
    found = {
        _key(tick): read[_key(tick)](fold)
        for tick, fold in folds_at(recorded, ordered, lambda each: _key(each) in read)
    }
    return {
        second.at: _with_screens(
            found[_key(second.boards)],
            found[_key(second.screens.last)] if second.screens else {},
            second.unknown,
        )
        for second in seconds
    }


def _key(tick: Tick) -> _Key:
    return tick.kind, tick.position


def _alone(second: _Second, wanted: Wanted) -> MarketAt:
    """The boards and the screens of a second from a fold each."""
    boards = _boards(second.boards, wanted, fold_at(second.recorded, [second.boards]))
    if second.screens is None:
        return _with_screens(boards, {}, second.unknown)
    try:
        fold = fold_at(second.screens.recorded, second.screens.ticks)
    except NothingRecordedError as error:
        return _with_screens(boards, {}, dict.fromkeys(wanted.screens, str(error)))
    return _with_screens(boards, _screens(second.screens, wanted, fold), second.unknown)


def _boards(tick: Tick, wanted: Wanted, fold: MarketFold) -> MarketAt:
    """The market without its screens."""
    table, largest = fold.table, settings().board_size
    size = min(wanted.limit or largest, largest)
    boards = {
        name: table.rows_of_board(fold.board(BY_NAME[name], size)) for name in wanted.names if name in BY_NAME
    }
    rows = {symbol: row for symbol in wanted.symbols if (row := table.row(symbol)) is not None}
    quotes = dict(zip(rows, table.quotes(np.array([*rows.values()], np.intp)), strict=True))
    newest = table.column("end_timestamp").max(initial=0)
    return MarketAt(tick.published_at, fold.session, int(newest) or None, boards, {}, quotes)


def _screens(screens: _Screens, wanted: Wanted, fold: MarketFold) -> _Rows:
    table, published = fold.table, screens.published
    return {
        name: table.ranked(table.select(published[name].selection)[: wanted.limit])
        for name in wanted.screens
        if name in published
    }


def _with_screens(boards: MarketAt, rows: _Rows, unknown: Mapping[str, str]) -> MarketAt:
    return MarketAt(
        boards.published_at, boards.session, boards.newest_bar, {**boards.boards, **rows}, unknown, boards.quotes
    )
