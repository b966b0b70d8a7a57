"""The fields of a symbol's row, declared once.

All else follows from :data:`FIELDS`: the row's JSON and its hash, what a worker sends to ``apply.lua`` and in
which order, the API's description, the docs' table. A new field is one line here and its test.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from itertools import groupby

from leaderboard.doubles import GREATEST
from leaderboard.event import Event
from leaderboard.reference.figures import Reference
from leaderboard.sessions import session_of


class Source(Enum):
    """Where a field's value comes from.

    SYMBOL: the symbol itself.
    EVENT: the event brings it, under the same name.
    FORMULA: the worker computes it from the event and the symbol's reference data.
    OPEN: the session's open price decides it. The worker computes it with the open price that it supposes, and
        ``apply.lua`` anew where that was wrong.
    DAY: the symbol's bars of the day decide it together; only ``apply.lua`` knows them.
    REFERENCE: the symbol's reference data.
    """

    SYMBOL = "symbol"
    EVENT = "event"
    FORMULA = "formula"
    OPEN = "open"
    DAY = "day"
    REFERENCE = "reference"


class Unit(StrEnum):
    """What a field's value is measured in. It decides how page and terminal write the value.

    DOLLARS: a price, or a change of one, written to the cent: 12.34.
    DOLLAR_AMOUNT: a sum of money, 0 or more, written short: 968.0K.
    SHARES: a number of shares, written short: 12.3M.
    TIMES: a multiple of something else: 2.35.
    COUNT: a number of things, written whole: 30.
    MILLISECONDS: a Unix time, written as the time in New York: 09:30:00.
    """

    NAME = "name"
    DOLLARS = "dollars"
    DOLLAR_AMOUNT = "dollar amount"
    SHARES = "shares"
    PERCENT = "percent"
    TIMES = "times"
    COUNT = "count"
    MILLISECONDS = "milliseconds"


Formula = Callable[[Event, Reference], float]
#: From the close and the session's open price, in dollars.
OpenFormula = Callable[[float, float], float]


@dataclass(frozen=True)
class Field:
    """One field of the row.

    Attributes:
        name: as JSON and Redis name it.
        unit: of its value; timestamps are Unix milliseconds.
        source: where the value comes from.
        formula: of a ``FORMULA`` field, computes the value.
        open_formula: of an ``OPEN`` field, computes the value.
        open_lua: the same as a Lua expression of ``close`` and ``open``.
        figure: of a ``REFERENCE`` field, where the reference data holds it. It is 0 while unknown.
        stand_in: the event's field that stands in for an unknown figure, instead of 0.
        rarely_changes: most events leave it as it is, so it is written only when it changes.
        only_rises: within a day, no event of a symbol has a lower value than the one before it. A descending
            board by such a field keeps no more symbols than it publishes, as
            :attr:`leaderboard.boards.Board.trims_exactly` explains. If the value can fall after all, that board
            will lack symbols.
        tie_break: rank among the fields that decide which of two events is newer where all else is equal, so that
            the order of arrival does not; 0: none. Any order serves, but every worker must use the same.
    """

    name: str
    unit: Unit
    source: Source = Source.EVENT
    formula: Formula | None = None
    open_formula: OpenFormula | None = None
    open_lua: str = ""
    figure: str = ""
    stand_in: str = ""
    rarely_changes: bool = False
    only_rises: bool = False
    tie_break: int = 0

    def __post_init__(self) -> None:
        """Check, when the program starts, that the declaration has what its source needs.

        Raises:
            ValueError: it does not.
        """
        needed: dict[Source, object] = {
            Source.EVENT: self.name in Event.__struct_fields__,
            Source.FORMULA: self.formula,
            Source.OPEN: self.open_formula and self.open_lua,
            Source.REFERENCE: self.figure,
        }
        if not needed.get(self.source, True):
            raise ValueError(f"field {self.name}: its declaration lacks what source {self.source.value} needs")

    @property
    def is_number(self) -> bool:
        return self.source is not Source.SYMBOL

    @property
    def follows_events(self) -> bool:
        """Whether events change it, so that it can rank a board."""
        return self.source in (Source.EVENT, Source.FORMULA, Source.OPEN, Source.DAY)


def _relative_volume(event: Event, reference: Reference) -> float:
    return ratio(event.accumulated_volume, reference.profile.avg_volume or 0.0)


def _change(event: Event, reference: Reference) -> float:
    # An unknown previous close counts as no change, never as -100 %.
    base = reference.previous.close
    return event.close - base if base else 0.0


def _pct_change(event: Event, reference: Reference) -> float:
    base = reference.previous.close
    return min((event.close - base) / base * 100, GREATEST) if base else 0.0


def _dollar_volume(event: Event, _: Reference) -> float:
    return min(event.accumulated_volume * (event.aggregate_vwap or event.vwap), GREATEST)


def _rvol(event: Event, reference: Reference) -> float:
    if not (profile := reference.volume_profile).sessions:
        return 0.0
    since_start = event.end_timestamp - session_of(event.start_timestamp).day_start
    return ratio(event.accumulated_volume, profile.expected(since_start))


def _change_since_open(close: float, session_open: float) -> float:
    return close - session_open if session_open else 0.0


def _pct_change_since_open(close: float, session_open: float) -> float:
    return min((close - session_open) / session_open * 100, GREATEST) if session_open else 0.0


def ratio(value: float, base: float) -> float:
    """`value` in multiples of `base`; 0 where `base` is 0."""
    return min(value / base, GREATEST) if base else 0.0


def _computed(name: str, unit: Unit, formula: Formula) -> Field:
    """A field that the worker computes from the event and the symbol's reference data."""
    return Field(name, unit, Source.FORMULA, formula=formula)


def _from_reference(name: str, unit: Unit, figure: str, stand_in: str = "") -> Field:
    """A field that is a figure of the symbol's reference data."""
    return Field(name, unit, Source.REFERENCE, figure=figure, stand_in=stand_in)


def _from_open(name: str, unit: Unit, formula: OpenFormula, lua: str, rarely_changes: bool = False) -> Field:
    """A field that is computed from the close and the session's open price, by workers and by ``apply.lua``."""
    return Field(name, unit, Source.OPEN, open_formula=formula, open_lua=lua, rarely_changes=rarely_changes)


def _from_day(name: str, unit: Unit, rarely_changes: bool = True) -> Field:
    """A field that the symbol's bars of the day decide together; ``apply.lua`` works it out."""
    return Field(name, unit, Source.DAY, rarely_changes=rarely_changes)


#: In the order of the row's JSON, which other programs read: new fields go to the end.
FIELDS = (
    Field("symbol", Unit.NAME, Source.SYMBOL),
    Field("volume", Unit.SHARES, tie_break=4),
    _from_reference("free_float", Unit.SHARES, "profile.free_float"),
    Field("accumulated_volume", Unit.SHARES, only_rises=True),
    _computed("relative_volume", Unit.TIMES, _relative_volume),
    Field("official_open_price", Unit.DOLLARS, rarely_changes=True, tie_break=8),
    Field("vwap", Unit.DOLLARS, tie_break=5),
    _from_open("open", Unit.DOLLARS, lambda _, session_open: session_open, "open", rarely_changes=True),
    Field("close", Unit.DOLLARS, tie_break=1),
    Field("high", Unit.DOLLARS, tie_break=2),
    Field("low", Unit.DOLLARS, tie_break=3),
    Field("aggregate_vwap", Unit.DOLLARS, tie_break=6),
    Field("average_size", Unit.SHARES, tie_break=7),
    _from_reference("avg_volume", Unit.SHARES, "profile.avg_volume"),
    _from_reference("prev_day_close", Unit.DOLLARS, "previous.close", stand_in="close"),
    _from_reference("prev_day_open", Unit.DOLLARS, "previous.open"),
    _from_reference("prev_day_high", Unit.DOLLARS, "previous.high"),
    _from_reference("prev_day_low", Unit.DOLLARS, "previous.low"),
    _from_reference("prev_day_volume", Unit.SHARES, "previous.volume", stand_in="volume"),
    _from_reference("prev_day_vwap", Unit.DOLLARS, "previous.vwap", stand_in="vwap"),
    _computed("change", Unit.DOLLARS, _change),
    _computed("pct_change", Unit.PERCENT, _pct_change),
    _from_open("change_since_open", Unit.DOLLARS, _change_since_open, "open ~= 0 and close - open or 0"),
    _from_open(
        "pct_change_since_open",
        Unit.PERCENT,
        _pct_change_since_open,
        "open ~= 0 and math.min(GREATEST, (close - open) / open * 100) or 0",
    ),
    Field("start_timestamp", Unit.MILLISECONDS),
    Field("end_timestamp", Unit.MILLISECONDS),
    _from_day("day_high", Unit.DOLLARS),
    _from_day("day_low", Unit.DOLLARS),
    _from_day("high_at", Unit.MILLISECONDS),
    _from_day("pre_high", Unit.DOLLARS),
    _from_day("pre_low", Unit.DOLLARS),
    _from_day("regular_close", Unit.DOLLARS, rarely_changes=False),
    _from_day("pct_change_after_hours", Unit.PERCENT),
    _computed("dollar_volume", Unit.DOLLAR_AMOUNT, _dollar_volume),
    _computed("rvol", Unit.TIMES, _rvol),
    _from_reference("rvol_sessions", Unit.COUNT, "volume_profile.sessions"),
)

NAMES = tuple(field.name for field in FIELDS)
BY_NAME = {field.name: field for field in FIELDS}

#: The fields that events change and workers know, in the order in which they send their texts: see
#: :mod:`leaderboard.row`.
CHANGING = tuple(
    field for source in (Source.EVENT, Source.FORMULA, Source.OPEN) for field in FIELDS if field.source is source
)


@dataclass(frozen=True)
class Window:
    """A field that compares a symbol's row with itself some time before. Only screens and selections have it.

    It is null (NaN in columns) while the row of that time is unknown.

    Attributes:
        name: as JSON names it.
        unit: PERCENT: the change in percent of the value before; else the difference, in the field's unit.
        field: the field of the row that is compared.
        seconds: how long before.
    """

    name: str
    unit: Unit
    field: str
    seconds: int

    @property
    def is_percent(self) -> bool:
        return self.unit is Unit.PERCENT


#: In the order in which they follow the fields in a screen's rows.
WINDOWS = (
    Window("pct_change_1m", Unit.PERCENT, "close", 60),
    Window("pct_change_5m", Unit.PERCENT, "close", 300),
    Window("volume_1m", Unit.SHARES, "accumulated_volume", 60),
    Window("volume_5m", Unit.SHARES, "accumulated_volume", 300),
)

#: The fields of a screen's rows, in the order of their JSON. A board's rows have :data:`NAMES` alone.
SCREEN_NAMES = (*NAMES, *(window.name for window in WINDOWS))

#: Names of the fields that conditions can test and selections can rank by: all numeric ones and the windows.
SELECTABLE = (*(field.name for field in FIELDS if field.is_number), *(window.name for window in WINDOWS))

#: The fields that the bars of the day decide.
OF_DAY = tuple(field for field in FIELDS if field.source is Source.DAY)

#: The fields that events do not change, in runs of those that follow one another: workers send the JSON of each.
CONSTANT_RUNS = tuple(
    tuple(run) for source, run in groupby(FIELDS, key=lambda field: field.source) if source is Source.REFERENCE
)

#: The fields that show something of the event while their figure is unknown.
STOOD_IN_FOR = tuple(field for field in FIELDS if field.stand_in)

#: Names of the fields that break ties, in the order in which they are compared.
TIE_BREAKS = tuple(field.name for field in sorted(FIELDS, key=lambda field: field.tie_break) if field.tie_break)
