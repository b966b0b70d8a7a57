"""How people see a row's fields: the page and the terminal both read this table.

A field that is missing here is shown all the same, under its own name. Its unit is declared with the field
(:mod:`leaderboard.fields`).
"""

from dataclasses import dataclass

from leaderboard.fields import FIELDS, WINDOWS, Unit

_UNITS = {each.name: each.unit for each in (*FIELDS, *WINDOWS)}


@dataclass(frozen=True)
class FieldDisplay:
    """How one field is shown.

    Attributes:
        name: of the row's field.
        title: short enough for a column.
        about: what the field is; if the number alone does not show its unit, a comma and the unit follow.
        signed: whether rises and falls are shown, by the sign and by colour.
        unknown_if_zero: names of fields, this one or others. While all of them are 0, this one is unknown and
            shown as ``-``. Empty: a 0 is shown as 0.
    """

    name: str
    title: str
    about: str
    signed: bool = False
    unknown_if_zero: tuple[str, ...] = ()

    @property
    def meaning(self) -> str:
        """What the field is, without its unit."""
        return self.about.partition(", ")[0]

    @property
    def unit(self) -> Unit:
        """Of the number."""
        return _UNITS[self.name]


def display(name: str) -> FieldDisplay:
    """How the field of this name is shown."""
    return _DISPLAYS.get(name) or FieldDisplay(name, title := name.replace("_", " ").capitalize(), title)


_DISPLAYS = {
    each.name: each
    for each in (
        FieldDisplay("volume", "Bar vol", "Shares traded in the last bar"),
        FieldDisplay("free_float", "Float", "Shares that are free to trade", unknown_if_zero=("free_float",)),
        FieldDisplay("accumulated_volume", "Volume", "Shares traded today"),
        FieldDisplay(
            "relative_volume",
            "Vol/avg",
            "Volume in multiples of the 30-day average",
            unknown_if_zero=("avg_volume",),
        ),
        FieldDisplay(
            "official_open_price",
            "Official open",
            "Official opening price, dollars",
            unknown_if_zero=("official_open_price",),
        ),
        FieldDisplay(
            "vwap", "Bar VWAP", "Volume-weighted average price of the last bar, dollars", unknown_if_zero=("vwap",)
        ),
        FieldDisplay("open", "Open", "The session's open, dollars"),
        FieldDisplay("close", "Price", "Price, dollars"),
        FieldDisplay("high", "Bar high", "Highest price of the last bar, dollars"),
        FieldDisplay("low", "Bar low", "Lowest price of the last bar, dollars"),
        FieldDisplay(
            "aggregate_vwap",
            "VWAP",
            "Volume-weighted average price of the day, dollars",
            unknown_if_zero=("aggregate_vwap",),
        ),
        FieldDisplay("average_size", "Avg trade", "Shares in an average trade", unknown_if_zero=("average_size",)),
        FieldDisplay(
            "avg_volume", "Avg vol", "Shares traded on an average of 30 days", unknown_if_zero=("avg_volume",)
        ),
        # Without the previous day's figures the bar's own stand in for some of them, so that changes are 0.
        FieldDisplay(
            "prev_day_close",
            "Prev close",
            "Previous close, dollars",
            unknown_if_zero=("change", "prev_day_low"),
        ),
        FieldDisplay(
            "prev_day_open", "Prev open", "Previous day's open, dollars", unknown_if_zero=("prev_day_open",)
        ),
        FieldDisplay(
            "prev_day_high", "Prev high", "Previous day's high, dollars", unknown_if_zero=("prev_day_high",)
        ),
        FieldDisplay("prev_day_low", "Prev low", "Previous day's low, dollars", unknown_if_zero=("prev_day_low",)),
        FieldDisplay(
            "prev_day_volume",
            "Prev vol",
            "Shares traded on the previous day",
            unknown_if_zero=("change", "prev_day_low"),
        ),
        FieldDisplay(
            "prev_day_vwap",
            "Prev VWAP",
            "Volume-weighted average price of the previous day, dollars",
            unknown_if_zero=("prev_day_vwap",),
        ),
        FieldDisplay(
            "change",
            "Chg $",
            "Change since the previous close, dollars",
            signed=True,
            unknown_if_zero=("change", "prev_day_low"),
        ),
        FieldDisplay(
            "pct_change",
            "Chg %",
            "Change since the previous close, percent",
            signed=True,
            unknown_if_zero=("pct_change", "prev_day_low"),
        ),
        FieldDisplay("change_since_open", "Open $", "Change since the session's open, dollars", signed=True),
        FieldDisplay("pct_change_since_open", "Open %", "Change since the session's open, percent", signed=True),
        FieldDisplay("start_timestamp", "Bar start", "When the last bar started, New York time"),
        FieldDisplay("end_timestamp", "Bar end", "When the last bar ended, New York time"),
        FieldDisplay("day_high", "High", "Highest price of the day, dollars", unknown_if_zero=("day_high",)),
        FieldDisplay("day_low", "Low", "Lowest price of the day, dollars", unknown_if_zero=("day_low",)),
        FieldDisplay(
            "high_at", "High at", "When the day's high was reached, New York time", unknown_if_zero=("high_at",)
        ),
        FieldDisplay(
            "pre_high", "Pre high", "Highest price of the pre-market, dollars", unknown_if_zero=("pre_high",)
        ),
        FieldDisplay(
            "pre_low", "Pre low", "Lowest price of the pre-market, dollars", unknown_if_zero=("pre_low",)
        ),
        FieldDisplay(
            "regular_close",
            "Reg close",
            "Close of the last bar of the regular hours, dollars",
            unknown_if_zero=("regular_close",),
        ),
        FieldDisplay(
            "pct_change_after_hours",
            "Post %",
            "Change after hours since the regular close, percent",
            signed=True,
            unknown_if_zero=("regular_close",),
        ),
        FieldDisplay(
            "dollar_volume",
            "Vol $",
            "Value of the shares traded today, dollars",
            unknown_if_zero=("dollar_volume",),
        ),
        FieldDisplay(
            "rvol",
            "RVol",
            "Volume today in multiples of what is usual by this time of day",
            unknown_if_zero=("rvol_sessions",),
        ),
        FieldDisplay(
            "rvol_sessions",
            "RVol days",
            "Days that the usual volume is averaged over",
            unknown_if_zero=("rvol_sessions",),
        ),
        FieldDisplay("pct_change_1m", "1 min %", "Change within the last minute, percent", signed=True),
        FieldDisplay("pct_change_5m", "5 min %", "Change within the last five minutes, percent", signed=True),
        FieldDisplay("volume_1m", "1 min vol", "Shares traded within the last minute"),
        FieldDisplay("volume_5m", "5 min vol", "Shares traded within the last five minutes"),
    )
}
