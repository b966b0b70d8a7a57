"""How people see a row's fields: the page and the terminal both read this table.

A field that is missing here is shown all the same: under its own name, as a plain number.
"""

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a field's number counts, and with that, how it is written.

    ``CHANGE``: dollars, with a sign. ``PERCENT``: with a sign. ``TIMES``: multiples of something. ``TIME``: Unix
    milliseconds.
    """

    DOLLARS = "dollars"
    CHANGE = "change"
    PERCENT = "percent"
    SHARES = "shares"
    TIMES = "times"
    TIME = "time"
    NUMBER = "number"


@dataclass(frozen=True)
class FieldDisplay:
    """How one field is shown.

    Attributes:
        name: of the row's field.
        title: short enough for a column.
        about: the title at length.
        unit: how its number is written.
        unknown_if_zero: the field whose 0 says that nobody knows this one; empty: it is always known.
    """

    name: str
    title: str
    about: str
    unit: Unit = Unit.NUMBER
    unknown_if_zero: str = ""


def display(name: str) -> FieldDisplay:
    """How the field of this name is shown."""
    return _DISPLAYS.get(name) or FieldDisplay(name, title := name.replace("_", " ").capitalize(), title)


_DISPLAYS = {
    each.name: each
    for each in (
        FieldDisplay("volume", "Bar vol", "Shares traded in the last bar", Unit.SHARES),
        FieldDisplay("free_float", "Float", "Shares that are free to trade", Unit.SHARES, "free_float"),
        FieldDisplay("accumulated_volume", "Volume", "Shares traded today", Unit.SHARES),
        FieldDisplay(
            "relative_volume",
            "Rel vol",
            "Volume in multiples of the 30-day average",
            Unit.TIMES,
            "avg_volume",
        ),
        FieldDisplay(
            "official_open_price",
            "Official open",
            "Official opening price, dollars",
            Unit.DOLLARS,
            "official_open_price",
        ),
        FieldDisplay(
            "vwap", "Bar VWAP", "Volume-weighted average price of the last bar, dollars", Unit.DOLLARS, "vwap"
        ),
        FieldDisplay("open", "Open", "The session's open, dollars", Unit.DOLLARS),
        FieldDisplay("close", "Price", "Price, dollars", Unit.DOLLARS),
        FieldDisplay("high", "Bar high", "Highest price of the last bar, dollars", Unit.DOLLARS),
        FieldDisplay("low", "Bar low", "Lowest price of the last bar, dollars", Unit.DOLLARS),
        FieldDisplay(
            "aggregate_vwap",
            "VWAP",
            "Volume-weighted average price of the day, dollars",
            Unit.DOLLARS,
            "aggregate_vwap",
        ),
        FieldDisplay("average_size", "Avg trade", "Shares in an average trade", Unit.SHARES, "average_size"),
        FieldDisplay("avg_volume", "Avg vol", "Shares traded on an average of 30 days", Unit.SHARES, "avg_volume"),
        FieldDisplay("prev_day_close", "Prev close", "Previous close, dollars", Unit.DOLLARS),
        FieldDisplay("prev_day_open", "Prev open", "Previous day's open, dollars", Unit.DOLLARS, "prev_day_open"),
        FieldDisplay("prev_day_high", "Prev high", "Previous day's high, dollars", Unit.DOLLARS, "prev_day_high"),
        FieldDisplay("prev_day_low", "Prev low", "Previous day's low, dollars", Unit.DOLLARS, "prev_day_low"),
        FieldDisplay("prev_day_volume", "Prev vol", "Shares traded on the previous day", Unit.SHARES),
        FieldDisplay(
            "prev_day_vwap",
            "Prev VWAP",
            "Volume-weighted average price of the previous day, dollars",
            Unit.DOLLARS,
            "prev_day_vwap",
        ),
        FieldDisplay("change", "Chg $", "Change since the previous close, dollars", Unit.CHANGE),
        FieldDisplay("pct_change", "Chg %", "Change since the previous close, percent", Unit.PERCENT),
        FieldDisplay("change_since_open", "Open $", "Change since the session's open, dollars", Unit.CHANGE),
        FieldDisplay("pct_change_since_open", "Open %", "Change since the session's open, percent", Unit.PERCENT),
        FieldDisplay("start_timestamp", "Bar start", "When the last bar started, New York time", Unit.TIME),
        FieldDisplay("end_timestamp", "Bar end", "When the last bar ended, New York time", Unit.TIME),
    )
}
