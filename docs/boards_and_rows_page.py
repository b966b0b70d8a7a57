"""The docs' page of boards and of the row's fields, made from the tables that declare them."""

from docs.markdown_table import table
from leaderboard.boards import BOARDS, Board, Holds
from leaderboard.fields import FIELDS, WINDOWS, Field, Source, Window
from watch.field_display import display

_HELD = {Holds.DAY: "all symbols of the day", Holds.SESSION: "symbols whose newest bar is of the session"}

#: How each field that no bar and no figure brings as it is follows from these, in words.
_FORMULAS = {
    "open": "`open` of the session's earliest bar; the regular hours and after hours are one session",
    "relative_volume": "`accumulated_volume / avg_volume`",
    "change": "`close - prev_day_close`",
    "pct_change": "`change / prev_day_close * 100`",
    "change_since_open": "`close - open`",
    "pct_change_since_open": "`change_since_open / open * 100`",
    "day_high": "the highest `high` of the day's bars; a bar whose `high` is 0 counts with its `close`",
    "day_low": "the lowest `low` of the day's bars; a bar whose `low` is 0 counts with its `close`",
    "high_at": "`end_timestamp` of the earliest bar that reached `day_high`",
    "pre_high": "as `day_high`, of the bars before 09:30",
    "pre_low": "as `day_low`, of the bars before 09:30",
    "regular_close": "`close` of the newest bar from 09:30 to the close: 16:00, or 13:00 on early closes",
    "pct_change_after_hours": (
        "`(close - regular_close) / regular_close * 100` while the newest bar is of after hours, else 0"
    ),
    "dollar_volume": "`accumulated_volume * aggregate_vwap`; with `vwap` where that is 0",
    "rvol": (
        "`accumulated_volume` / what the symbol's [volume profile](../guides/relative-volume.md) expects by "
        "`end_timestamp`"
    ),
}


def markdown() -> str:
    """The page."""
    boards = table(("board", "title", "ranked by", "order", "holds", "cleared at (ET)"), map(_board, BOARDS))
    fields = table(("field", "is", "unit", "comes from"), map(_field, FIELDS))
    windows = table(("field", "is", "unit", "compares"), map(_window, WINDOWS))
    return f"""\
# Boards and rows

This page is written by `python -m docs.generate`, from `leaderboard/boards.py` and `leaderboard/fields.py`.

## Boards

{boards}

Symbols with equal scores rank as Redis orders them: by name, descending on a descending board.

## The row

In this order, in a symbol's hash, its quote and the published boards:

{fields}

Unless it says otherwise, a field is 0 while it is unknown, and so is what would be divided by 0. What the day's
bars decide does not depend on their order of arrival: a bar that is late, redelivered, or conflated counts like
any other. The day begins at 04:00 ET.

## Window fields

Only [screens](../guides/screens.md) and `/api/screen` have them, behind the row's fields. They compare the row
with what it was at an earlier second, and are null while that is unknown.

{windows}
"""


def _board(board: Board) -> tuple[str, ...]:
    times = " and ".join(f"{at:%H:%M}" for at in board.cleared_at)
    return (
        f"`{board.name}`",
        f"{board.title}, {board.caption}",
        f"`{board.field}`",
        board.order,
        _HELD[board.holds],
        times,
    )


def _field(field: Field) -> tuple[str, ...]:
    return f"`{field.name}`", display(field.name).meaning, field.unit, _source(field)


def _source(field: Field) -> str:
    match field.source:
        case Source.SYMBOL | Source.EVENT:
            return "the bar"
        case Source.REFERENCE:
            unknown = f"the bar's `{field.stand_in}`" if field.stand_in else "0"
            return f"reference data; {unknown} while unknown"
        case _:
            return _FORMULAS[field.name]


def _window(window: Window) -> tuple[str, ...]:
    compared = f"`{window.field}` with that of {window.seconds} s before"
    return f"`{window.name}`", display(window.name).meaning, window.unit, compared
