"""A board or screen as it was published at some second of a recorded day, row for row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from operator import attrgetter
from pathlib import Path

from config.settings import settings
from history.archive.day import Day, days
from history.archive.part import hour_of
from history.errors import NothingRecordedError
from history.fold.market_fold import MarketFold
from history.fold.past_windows import PastWindows
from history.fold.recorded_day import RecordedDay, Tick
from history.queries.connection import connection
from history.queries.definitions import definitions_at, screens_of
from leaderboard.boards import BY_NAME
from leaderboard.fields import WINDOWS
from leaderboard.market.windows import slot_of
from leaderboard.screens.screen import Screen
from leaderboard.sessions import NEW_YORK, Session, session_of

_SPANS = sorted({window.seconds for window in WINDOWS}, reverse=True)


@dataclass(frozen=True)
class BoardAt:
    """A board or screen as it was published.

    Attributes:
        name: its name.
        field: that ranks it.
        slot: of the tick at which it was published last.
        published_at: Unix milliseconds.
        session: that the boards showed.
        rows: each as JSON, the first one first, with its rank.
    """

    name: str
    field: str
    slot: int
    published_at: int
    session: Session | None
    rows: Sequence[bytes]

    def json(self) -> bytes:
        """All rows as one JSON array: to the byte what was published."""
        return b"[%b]" % b",".join(self.rows)


def board_at(folder: Path, name: str, at: int, limit: int | None = None) -> BoardAt:
    """What viewers of a board or screen had before them at a second.

    Args:
        folder: where history is recorded.
        name: of the board or screen.
        at: the second, Unix milliseconds.
        limit: rows; None: all that were published.

    Raises:
        NothingRecordedError: it is not known what was published then, or there was no such screen.
    """
    kind = "boards" if name in BY_NAME else "screens"
    recorded, tick = PastDays(folder).last_tick(kind, at)
    if kind == "boards":
        fold = fold_at(recorded, [tick])
        board = BY_NAME[name]
        rows = fold.board(board, settings().board_size)[:limit]
        published = fold.table.rows_of_board(rows)
        return BoardAt(name, board.field, tick.slot, tick.published_at, fold.session, published)
    return _screen_at(folder, recorded, name, tick, limit)


class PastDays:
    """The recorded days as one question finds them: what is recorded later is not read.

    Args:
        folder: where history is recorded.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._days: dict[Path, RecordedDay] = {}

    def last_tick(self, kind: str, at: int) -> tuple[RecordedDay, Tick]:
        """The last tick up to a second, and the day that it is of: the same object for each tick of a day.

        Args:
            kind: ``boards`` or ``screens``.
            at: the second, Unix milliseconds.

        Raises:
            NothingRecordedError: it is not known what was published then.
        """
        slot = slot_of(at, settings().publish_interval)
        for day in self._days_at(at):
            recorded = self._days.get(day.folder)
            if recorded is None:
                recorded = self._days[day.folder] = RecordedDay(day, connection())
            if tick := recorded.last_tick(kind, slot):
                if tick.slot < slot and not recorded.stands_at(tick, at):
                    raise _not_known(at)
                return recorded, tick
        raise NothingRecordedError(f"No {kind} are recorded of {clock(at)}, or before it on its trading day.")

    def _days_at(self, at: int) -> Iterator[Day]:
        """The days of which boards may have been published at a second."""
        if settings().market_clock == "wall":
            yield Day(self._folder / session_of(at).day.isoformat())
            return
        # The bars' days have nothing to do with when they were published: the day counts that began last.
        hour = hour_of(at)
        for began_in, day in self._begun:
            if began_in <= hour:
                yield day

    @cached_property
    def _begun(self) -> list[tuple[str, Day]]:
        """The days with the hours in which they began, the last one first."""
        began = [(parts[0].hour, parts[0].first, day) for day in days(self._folder) if (parts := day.parts())]
        return [(hour, day) for hour, _, day in sorted(began, key=lambda each: each[:2], reverse=True)]


def _screen_at(folder: Path, recorded: RecordedDay, name: str, tick: Tick, limit: int | None) -> BoardAt:
    screen = screens_at(folder, recorded, tick).get(name)
    if screen is None:
        raise NothingRecordedError(f"No screen {name!r} was published at {clock(tick.published_at)}.")
    fold = fold_at(recorded, compared(recorded, tick))
    rows = fold.table.select(screen.selection)[:limit]
    return BoardAt(name, screen.field, tick.slot, tick.published_at, fold.session, fold.table.ranked(rows))


def compared(recorded: RecordedDay, tick: Tick) -> list[Tick]:
    """A tick of the screens, behind those against which its windows compare the rows.

    Raises:
        NothingRecordedError: the rows at those are not known.
    """
    interval = settings().publish_interval
    before = [recorded.last_tick("screens", tick.slot - round(span / interval)) for span in _SPANS]
    # Without an earlier tick the windows are null, if that is all that the day has.
    if before[0] is None and not recorded.is_whole_before(tick):
        raise NothingRecordedError(f"The windows of {clock(tick.published_at)} are not known: see the gaps.")
    return sorted({each.slot: each for each in (*before, tick) if each}.values(), key=lambda each: each.slot)


def screens_at(folder: Path, recorded: RecordedDay, tick: Tick) -> dict[str, Screen]:
    """The screens that were published at a tick, by name.

    Args:
        folder: where history is recorded.
        recorded: the tick's day.
        tick: the tick.
    """
    return {each.name: each for each in screens_of(definitions_at(folder, recorded, tick.position))}


def fold_at(recorded: RecordedDay, ticks: Sequence[Tick]) -> MarketFold:
    """The market at the last of some ticks, its windows against the others; settled.

    Raises:
        NothingRecordedError: it is not known.
    """
    [(_, fold)] = folds_at(recorded, ticks, lambda tick: tick is ticks[-1])
    return fold


def folds_at(
    recorded: RecordedDay, ticks: Sequence[Tick], is_shown: Callable[[Tick], bool]
) -> Iterator[tuple[Tick, MarketFold]]:
    """The market at some ticks of a day, the windows of screens against the ticks before; settled.

    Args:
        recorded: the day.
        ticks: in the order of their revisions.
        is_shown: says whether a tick is wanted; against others, windows compare.

    Yields:
        Each tick that is wanted with the market then, which is the same object each time.

    Raises:
        NothingRecordedError: one of them is not known.
    """
    by_position = sorted(ticks, key=attrgetter("position"))
    start = recorded.start_before(by_position[0])
    if start is None or not all(map(start.knows, ticks)) or not recorded.is_whole(start, by_position[-1]):
        raise _not_known(ticks[-1].published_at)
    stops = [(tick.position, tick.revision) for tick in ticks]
    windows: PastWindows | None = None
    for tick, fold in zip(ticks, recorded.stops(start, stops, recorded.profiles()), strict=True):
        windows = windows or PastWindows(fold, settings().publish_interval)
        if is_shown(tick):
            fold.settle()
            if tick.kind == "screens":
                windows.put(tick.slot)
            yield tick, fold
        else:
            windows.note(tick.slot)


def _not_known(at: int) -> NothingRecordedError:
    return NothingRecordedError(f"What was published at {clock(at)} is not known: see the gaps.")


def clock(timestamp: int) -> str:
    """A moment as a sentence names it, in New York."""
    return f"{datetime.fromtimestamp(timestamp / 1000, NEW_YORK):%Y-%m-%d %H:%M:%S}"
