"""The figures of the trading day before, and what the user has to know of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise

from feeds.splits import likely_splits
from feeds.trading_day import TradingDay
from leaderboard.reference import PreviousDay
from leaderboard.sessions import (
    NEW_YORK,
    Phase,
    Session,
    closing_time,
    is_trading_day,
    next_trading_day,
    trading_days_before,
)

#: Seconds before the close without a bar of any symbol after which files seem to lack the rest of the day.
_EARLY = 1800
#: Symbols named in one sentence.
_NAMED = 20


def previous_figures(before: TradingDay | None, day: date) -> Mapping[str, PreviousDay]:
    """The figures of `before` if it is the trading day before `day`; else none.

    With the close of an earlier day, the move of several days would look like one day's.
    """
    return before.figures if before and _follows(before.day, day) else {}


def notes_on_repeated_rows(days: Sequence[TradingDay]) -> list[str]:
    """What the user has to know of rows that files hold more than once."""
    return [
        f"{day.day}: rows that came again count once, {day.repeated:,} of them." for day in days if day.repeated
    ]


def notes_on_previous_days(days: Sequence[TradingDay]) -> list[str]:
    """What the user has to know of previous-day figures before `days` are replayed.

    Args:
        days: earliest first; the first may be the one that gives the figures for those that are replayed.
    """
    said = []
    for before, today in pairwise(days):
        if not _follows(before.day, today.day):
            said.append(_gap(before.day, today.day))
            continue
        if Session(before.day, Phase.REGULAR).close - before.regular_end() > _EARLY * 1000:
            said.append(_ends_early(before, today.day))
        if splits := likely_splits(before.figures, today.figures):
            named = ", ".join(map(str, splits[:_NAMED]))
            more = f" and {len(splits) - _NAMED:,} more" if len(splits) > _NAMED else ""
            said.append(
                f"Likely splits on {today.day}, for which previous closes are not adjusted: {named}{more}."
            )
    return said


def _follows(before: date, day: date) -> bool:
    return trading_days_before(day, 1) == [before]


def _ends_early(before: TradingDay, day: date) -> str:
    close = f"{before.day}, which closed at {closing_time(before.day):%H:%M} ET"
    if not (end := before.regular_end()):
        return f"The files hold no bar of the regular hours of {close}: {day} has no previous close."
    last = datetime.fromtimestamp(end / 1000, NEW_YORK)
    return f"The files of {close}, end at {last:%H:%M:%S}: the previous close on {day} is the price of that time."


def _gap(before: date, day: date) -> str:
    if not is_trading_day(before):
        problem = f"{before}, the day before it in the files, is no trading day"
    else:
        first, last = next_trading_day(before), trading_days_before(day, 1)[0]
        missing = f"{first} is" if first == last else f"the trading days from {first} to {last} are"
        problem = f"{missing} missing between it and {before}, the day before it in the files"
    return (
        f"{day} has no previous-day figures: {problem}. A day on which the exchange was closed belongs in "
        "MARKET_CLOSURES."
    )
