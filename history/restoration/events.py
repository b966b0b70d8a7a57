"""The events that leave in Redis what is known of a symbol's day: its record, its row and its ranks.

The bars of the day need not be applied again: of each symbol, its newest bar and what all its bars say together
are enough, as of a backlog (:mod:`leaderboard.conflation`). The apply script stays the only writer of boards.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from history.fold.state import NEWEST, State
from history.queries.references import reference_of_row, stood_in_for
from leaderboard.conflation import Conflated
from leaderboard.day_values import DayValues
from leaderboard.event import Event
from leaderboard.reference import Reference, VolumeProfile
from leaderboard.sessions import Phase, session_of

#: The columns of each session's opening: start, end, price.
_OPENINGS = {
    phase: (f"{name}_open_start", f"{name}_open_end", f"{name}_open")
    for phase, name in ((Phase.PRE, "pre"), (Phase.REGULAR, "regular"))
}
#: Columns in the order of :class:`leaderboard.day_values.DayValues`.
_DAY = (
    "day_high",
    "high_at",
    "day_low",
    "pre_high",
    "pre_low",
    "regular_close_end",
    "regular_close_volume",
    "regular_close_start",
    "regular_close",
)
#: A symbol's row of a state, by column.
Row = Mapping[str, Any]


def rows(state: State) -> Iterator[Row]:
    """The rows of a state, a symbol each."""
    columns = [column.tolist() for column in state.values()]
    for values in zip(*columns, strict=True):
        yield dict(zip(state, values, strict=True))


def events(row: Row) -> Iterator[tuple[Event, Conflated]]:
    """The events of a symbol, its newest first, each with what it stands for."""
    symbol, phase = row["symbol"], session_of(row["start_timestamp"]).phase
    day = DayValues(*(row[name] for name in _DAY))
    for of_phase in (phase, *(other for other in Phase if other is not phase)):
        start, end, price = (row[name] for name in _OPENINGS[of_phase])
        if of_phase is phase:
            newest = Event(symbol=symbol, open=price, **{column.name: row[column.name] for column in NEWEST})
            yield newest, Conflated(start, end, 0, day)
        elif start:
            # Only its open counts. Without volume it is not newer than the newest, should both end together.
            opening = Event(
                symbol=symbol,
                open=price,
                close=0.0,
                accumulated_volume=-1.0,
                start_timestamp=start,
                end_timestamp=end,
            )
            yield opening, Conflated(start, end, 0, day)


def reference(row: Row, volume_profile: VolumeProfile) -> Reference:
    """The reference data with which a symbol's row was made.

    Args:
        row: of the symbol.
        volume_profile: with which it was made.
    """
    return reference_of_row(row, stood_in_for(row["stand_ins"]), volume_profile)
