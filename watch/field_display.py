"""How people see a row's fields: the page and the terminal both read this table.

A field that is missing here is shown all the same, under its own name. Its unit is declared with the field
(:mod:`leaderboard.fields`).
"""

from dataclasses import dataclass

from leaderboard.fields import BY_NAME, Unit


@dataclass(frozen=True)
class FieldDisplay:
    """How one field is shown.

    Attributes:
        name: of the row's field.
        title: short enough for a column.
        about: what the field is; if the number alone does not show its unit, a comma and the unit follow.
        signed: whether rises and falls are shown, by the sign and by colour.
        unknown_if_zero: the name of a field, this one or another. While that field is 0, this one is unknown and
            shown as ``-``. Empty: a 0 is shown as 0.
    """

    name: str
    title: str
    about: str
    signed: bool = False
    unknown_if_zero: str = ""

    @property
    def meaning(self) -> str:
        """What the field is, without its unit."""
        return self.about.partition(", ")[0]

    @property
    def unit(self) -> Unit:
        """Of the number."""
        return BY_NAME[self.name].unit


def display(name: str) -> FieldDisplay:
    """How the field of this name is shown."""
    return _DISPLAYS.get(name) or FieldDisplay(name, title := name.replace("_", " ").capitalize(), title)


_DISPLAYS = {
    each.name: each
    for each in (
        FieldDisplay("volume", "Bar vol", "Shares traded in the last bar"),
        FieldDisplay("free_float", "Float", "Shares that are free to trade", unknown_if_zero="free_float"),
        FieldDisplay("accumulated_volume", "Volume", "Shares traded today"),
        FieldDisplay(
            "relative_volume",
            "Rel vol",
            "Volume in multiples of the 30-day average",
            unknown_if_zero="avg_volume",
        ),
        FieldDisplay(
            "official_open_price",
            "Official open",
            "Official opening price, dollars",
            unknown_if_zero="official_open_price",
        ),
        FieldDisplay(
            "vwap", "Bar VWAP", "Volume-weighted average price of the last bar, dollars", unknown_if_zero="vwap"
        ),
        FieldDisplay("open", "Open", "The session's open, dollars"),
        FieldDisplay("close", "Price", "Price, dollars"),
        FieldDisplay("high", "Bar high", "Highest price of the last bar, dollars"),
        FieldDisplay("low", "Bar low", "Lowest price of the last bar, dollars"),
        FieldDisplay(
            "aggregate_vwap",
            "VWAP",
            "Volume-weighted average price of the day, dollars",
            unknown_if_zero="aggregate_vwap",
        ),
        FieldDisplay("average_size", "Avg trade", "Shares in an average trade", unknown_if_zero="average_size"),
        FieldDisplay(
            "avg_volume", "Avg vol", "Shares traded on an average of 30 days", unknown_if_zero="avg_volume"
        ),
        FieldDisplay("prev_day_close", "Prev close", "Previous close, dollars"),
        FieldDisplay(
            "prev_day_open", "Prev open", "Previous day's open, dollars", unknown_if_zero="prev_day_open"
        ),
        FieldDisplay(
            "prev_day_high", "Prev high", "Previous day's high, dollars", unknown_if_zero="prev_day_high"
        ),
        FieldDisplay("prev_day_low", "Prev low", "Previous day's low, dollars", unknown_if_zero="prev_day_low"),
        FieldDisplay("prev_day_volume", "Prev vol", "Shares traded on the previous day"),
        FieldDisplay(
            "prev_day_vwap",
            "Prev VWAP",
            "Volume-weighted average price of the previous day, dollars",
            unknown_if_zero="prev_day_vwap",
        ),
        FieldDisplay("change", "Chg $", "Change since the previous close, dollars", signed=True),
        FieldDisplay("pct_change", "Chg %", "Change since the previous close, percent", signed=True),
        FieldDisplay("change_since_open", "Open $", "Change since the session's open, dollars", signed=True),
        FieldDisplay("pct_change_since_open", "Open %", "Change since the session's open, percent", signed=True),
        FieldDisplay("start_timestamp", "Bar start", "When the last bar started, New York time"),
        FieldDisplay("end_timestamp", "Bar end", "When the last bar ended, New York time"),
    )
}
