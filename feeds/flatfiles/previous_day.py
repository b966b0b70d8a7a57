"""The figures of the previous trading day, and notes for the user about them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise

from feeds.flatfiles.splits import likely_splits
from feeds.flatfiles.trading_day import TradingDay
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

#: Seconds. If no symbol has a bar for so long before the close, the files probably lack the rest of the day.
_EARLY = 1800
#: Symbols named in one sentence.
_NAMED = 20


def previous_figures(before: TradingDay | None, day: date) -> Mapping[str, PreviousDay]:
    """The figures of `before` if it is the trading day before `day`; else none.

    With an earlier day's close, the change over several days would look like that of one.
    """
    return before.figures if before and _follows(before.day, day) else {}


def notes_on_repeated_rows(days: Sequence[TradingDay]) -> list[str]:
    """Notes for the user about duplicate rows."""
    return [
        f"{day.day}: rows that came again count once, {day.repeated:,} of them." for day in days if day.repeated
    ]


def notes_on_previous_days(days: Sequence[TradingDay]) -> list[str]:
    """Notes for the user about missing or doubtful previous-day figures.

    Args:
        days: earliest first. The first may be a day that is not replayed, but has the figures for the next.
    """
    notes = []
    for before, today in pairwise(days):
        if not _follows(before.day, today.day):
            notes.append(_gap(before.day, today.day))
            continue
        if Session(before.day, Phase.REGULAR).close - before.regular_end() > _EARLY * 1000:
            notes.append(_ends_early(before, today.day))
        if splits := likely_splits(before.figures, today.figures):
            named = ", ".join(map(str, splits[:_NAMED]))
            more = f" and {len(splits) - _NAMED:,} more" if len(splits) > _NAMED else ""
            notes.append(
                f"Likely splits on {today.day}, for which previous closes are not adjusted: {named}{more}."
            )
    return notes


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
