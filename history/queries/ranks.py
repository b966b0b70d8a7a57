"""A symbol's rank on each board over a recorded day."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from history.archive.day import Day
from history.errors import NothingRecordedError
from history.fold.recorded_day import RecordedDay, Start, Tick
from history.queries.connection import connection
from leaderboard.market.table import Rank

_MINUTE = 60_000


@dataclass(frozen=True)
class RanksAt:
    """A symbol's places at a tick.

    Attributes:
        published_at: of the tick, Unix milliseconds.
        ranks: by the name of the board; a board that does not hold the symbol is left out. They are exact below
            the last published row too.
    """

    published_at: int
    ranks: Mapping[str, Rank]


class SymbolRanks:
    """The ranks of a symbol on a recorded day.

    Args:
        day: the day.
        symbol: the symbol.
        each_tick: at each tick at which its rank on a board has changed; else at the last tick of each minute.

    Attributes:
        ticks: how many there are to compute.
    """

    def __init__(self, day: Day, symbol: str, *, each_tick: bool) -> None:
        self._recorded = RecordedDay(day, connection())
        self._symbol, self._each_tick = symbol, each_tick
        ticks = self._recorded.ticks("boards")
        if not each_tick:
            ticks = [[*minute][-1] for _, minute in groupby(ticks, lambda tick: tick.published_at // _MINUTE)]
        self._portions = [*self._divided(ticks)]
        self.ticks = sum(len(each) for _, each in self._portions)
        if not self.ticks:
            raise NothingRecordedError(f"No boards of {day.date} are known.")

    def _divided(self, ticks: Sequence[Tick]) -> Iterator[tuple[Start, list[Tick]]]:
        """The ticks between which no entry is missing, with the state that they follow from."""
        portion: list[Tick] = []
        start: Start | None = None
        for tick in ticks:
            if start and self._recorded.is_whole(start, tick):
                portion.append(tick)
                continue
            if start:
                yield start, portion
            start, portion = self._recorded.start_before(tick), [tick]
        if start:
            yield start, portion

    def read(self, step: Callable[[], None]) -> Iterator[RanksAt]:
        """The ranks, in the order of time.

        Args:
            step: called for each tick that was computed.
        """
        profiles = self._recorded.profiles()
        before: Mapping[str, Rank] = {}
        for start, ticks in self._portions:
            stops = [(tick.position, tick.revision) for tick in ticks]
            for tick, fold in zip(ticks, self._recorded.stops(start, stops, profiles), strict=True):
                fold.settle()
                ranks = fold.table.ranks(self._symbol)
                if ranks and (not self._each_tick or _places(ranks) != _places(before)):
                    yield RanksAt(tick.published_at, ranks)
                before = ranks
                step()


def _places(ranks: Mapping[str, Rank]) -> dict[str, int]:
    return {board: rank.rank for board, rank in ranks.items()}
