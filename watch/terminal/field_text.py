"""The text of a row's field, by the field's unit. No text is wider than :func:`width` says."""

from datetime import datetime

from leaderboard.fields import Unit
from leaderboard.sessions import NEW_YORK
from watch.field_display import FieldDisplay
from watch.terminal import numbers
from watch.terminal.row import Row

_WIDTHS = {
    Unit.DOLLARS: 10,
    Unit.DOLLAR_AMOUNT: 6,
    Unit.PERCENT: 10,
    Unit.SHARES: 6,
    Unit.TIMES: 6,
    Unit.COUNT: 6,
    Unit.MILLISECONDS: 8,
}


def width(field: FieldDisplay) -> int:
    """The most characters that a text of the field has."""
    sign = 1 if field.signed and field.unit is Unit.DOLLARS else 0
    return _WIDTHS[field.unit] + sign


def field_text(row: Row, field: FieldDisplay) -> str:
    """The text; ``-`` where nobody knows the number, which the core stores as 0, and where it is missing."""
    value = row.numbers.get(field.name)
    if value is None or (field.unknown_if_zero and not any(map(row.numbers.get, field.unknown_if_zero))):
        return numbers.UNKNOWN
    match field.unit:
        case Unit.DOLLARS if field.signed:
            return numbers.change(value, row.numbers.get("close", 0.0))
        case Unit.DOLLARS:
            return numbers.price(value)
        case Unit.PERCENT:
            return numbers.percent(value)
        case Unit.COUNT:
            return f"{value:.0f}"
        case Unit.SHARES | Unit.DOLLAR_AMOUNT:
            return numbers.quantity(value)
        case Unit.MILLISECONDS:
            return f"{datetime.fromtimestamp(value / 1000, NEW_YORK):%H:%M:%S}"
        case _:
            return numbers.multiple(value)
