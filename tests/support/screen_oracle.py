"""A slow, plain model of screens: which rows of the market one shows, and in which order.

As the oracle of the boards it shares no code with the system. It reads conditions as a user writes them.
"""

import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.support.oracle import bounded, hours_of, read_bar

OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

#: Seconds that the window fields look back.
WINDOWS = {"1m": 60, "5m": 300}


@dataclass(frozen=True)
class Screen:
    """A screen as a user declares it."""

    by: str
    order: str = "descending"
    where: Sequence[str] = ()
    hours: Sequence[str] = ()
    size: int = 500
    offset: int = 0


def as_toml(screens: Mapping[str, Screen]) -> str:
    """A file that declares screens, by their names. A file knows no offset."""
    return "\n".join(
        f"[[screen]]\nname = '{name}'\ntitle = '{name}'\nby = '{screen.by}'\norder = '{screen.order}'\n"
        f"size = {screen.size}\nwhere = {[*screen.where]}\nhours = {[*screen.hours]}\n"
        for name, screen in screens.items()
    )


def screened(screen: Screen, rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The symbols that a screen shows of the market's rows, the first in rank first."""
    fits = [row for row in rows if satisfies_all(row, screen) and row[screen.by] is not None]
    fits.sort(key=lambda row: row["symbol"].encode())
    # Sorting is stable, so equal values stay in the order of the symbols.
    fits.sort(key=lambda row: row[screen.by], reverse=screen.order == "descending")
    return [row["symbol"] for row in fits[screen.offset : screen.offset + screen.size]]


def satisfies_all(row: Mapping[str, Any], screen: Screen) -> bool:
    """Whether the row's bar is of the screen's hours and all of its conditions hold."""
    if screen.hours and hours_of(read_bar(row)) not in screen.hours:
        return False
    return all(satisfies(row, condition) for condition in screen.where)


def satisfies(row: Mapping[str, Any], condition: str) -> bool:
    """Whether a condition holds; one in which a field is null does not."""
    left, compared, right = re.split(r"\s*([<>=!]+)\s*", condition.strip())
    factor, _, name = right.rpartition("*")
    value, limit = row[left], 1.0
    if not re.match(r"[a-z]", name.strip()):
        limit, name = float(name), ""
    if name:
        other = row[name.strip()]
        if other is None:
            return False
        limit = float(factor) * other if factor else other
    return value is not None and OPERATORS[compared](value, limit)


@dataclass
class Ticks:
    """The market's rows as they stood at each tick, to look back at.

    Attributes:
        rows: by tick, in seconds, and then by symbol.
    """

    rows: dict[int, dict[str, Mapping[str, Any]]] = field(default_factory=dict)

    def note(self, second: int, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember the rows of a tick."""
        self.rows[second] = dict(rows)

    def with_windows(self, second: int, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row of the tick at `second` with its window fields, null where the row of then is unknown."""
        whole = dict(row)
        for name, seconds in WINDOWS.items():
            then = self._row(second - seconds, row["symbol"])
            known = then is not None and then["close"] > 0
            whole[f"pct_change_{name}"] = (
                bounded((row["close"] - then["close"]) / then["close"] * 100) if then and known else None
            )
            whole[f"volume_{name}"] = row["accumulated_volume"] - then["accumulated_volume"] if then else None
        return whole

    def _row(self, second: int, symbol: str) -> Mapping[str, Any] | None:
        """The symbol's row as it stood at that second: of the last tick until then; None before the first tick."""
        ticks = [tick for tick in self.rows if tick <= second]
        return self.rows[max(ticks)].get(symbol) if ticks else None
