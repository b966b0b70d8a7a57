"""A recorded day, as whoever looks at the past chooses it. The gateway imports this module without DuckDB."""

from datetime import date

from msgspec import Struct

from history.known_gap import KnownGap
from history.queries.candles import DayHours


class ViewableDay(Struct, frozen=True, rename={"from_at": "from", "to_at": "to"}):
    """A day whose boards can be looked at.

    Attributes:
        day: the trading day.
        hours: of the day.
        from_at, to_at: when boards were published first and last, Unix milliseconds.
        first_bar, last_bar: start of the first bar and end of the last one, Unix milliseconds; None: no bar.
            In a replay, they are far from the times at which boards were published.
        gaps: times of which the boards are not known.
    """

    day: date
    hours: DayHours
    from_at: int
    to_at: int
    first_bar: int | None
    last_bar: int | None
    gaps: list[KnownGap]
