"""Makes the alerts of what has fired at a tick."""

from collections.abc import Iterator, Sequence
from functools import cache

import msgspec
import numpy as np

from leaderboard.alerts.alert import Alert
from leaderboard.alerts.evaluation import Fired
from leaderboard.alerts.events import Event, EventKind
from leaderboard.alerts.places import Places
from leaderboard.alerts.rule import Rule
from leaderboard.market.table import MarketTable


def alerts_of(fired: Sequence[Fired], table: MarketTable, places: Places, second: int, at: int) -> Iterator[Alert]:
    """The alerts of a tick, in their order.

    Args:
        fired: what has.
        table: the market as it was at the tick.
        places: of its boards and screens.
        second: of the tick, which ids name.
        at: when it was published, Unix milliseconds.
    """
    rows, words = table.unranked(np.array([each.row for each in fired], np.intp)), _Words(table, places)
    for (rule, row), json in zip(fired, rows, strict=True):
        symbol = table.symbols[row]
        alert_id = f"{rule.name}:{symbol}:{second}"
        yield Alert(alert_id, rule.name, symbol, at, words.of(rule, row), msgspec.Raw(json))


class _Words:
    """Writes the lines that people read, of one tick."""

    def __init__(self, table: MarketTable, places: Places) -> None:
        self._table = table
        self._places = places
        self._column = cache(table.column)

    def of(self, rule: Rule, row: int) -> str:
        """What has happened: ``AAPL 191.20 (+12.3 %): New high of the day, 191.25``."""
        price, percent = _price(self._value("close", row)), _percent(self._value("pct_change", row))
        detail = self._detail(rule.event, row) if rule.event else ""
        return f"{self._table.symbols[row]} {price} ({percent}): {rule.title}{detail}"

    def _detail(self, event: Event, row: int) -> str:
        match event.kind:
            case EventKind.NEW_HIGH:
                return f", {_price(self._value('day_high', row))}"
            case EventKind.NEW_LOW:
                return f", {_price(self._value('day_low', row))}"
            case EventKind.ABOVE_PRE_HIGH:
                return f", {_price(self._value('pre_high', row))}"
            case EventKind.SPIKE:
                return f", {_percent(self._value('pct_change_1m', row))} in a minute"
            case EventKind.ENTERS:
                place = self._places.first(event).tolist().index(row) + 1
                return f", number {place} of {self._places.title(event)}"

    def _value(self, name: str, row: int) -> float:
        return self._column(name).item(row)


def _price(dollars: float) -> str:
    return f"{dollars:,.2f}" if dollars >= 1 else f"{dollars:.4f}"


def _percent(percent: float) -> str:
    # Added to 0, minus 0 is no longer negative.
    return f"{round(percent, 1) + 0.0:+,.1f} %"
