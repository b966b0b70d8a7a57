"""``python -m docs.generate`` writes those pages and manifests that follow from the code."""

from pathlib import Path

from deploy.monitoring import prometheus_rule
from docs import alarms_page, settings_page
from docs.markdown_table import table
from leaderboard.boards import BOARDS, Board, Holds
from leaderboard.fields import FIELDS, Field, Source
from watch.field_display import display

DOCS = Path(__file__).parent

_HELD = {Holds.DAY: "all symbols of the day", Holds.SESSION: "symbols whose newest bar is of the session"}

_SOURCES = {
    Source.SYMBOL: "the bar",
    Source.EVENT: "the bar",
    Source.FORMULA: "computed from the bar and, if needed, reference data",
    Source.OPEN: "the session's open price",
    Source.REFERENCE: "reference data; 0 while unknown",
}


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
    source = _SOURCES[field.source]
    if field.stand_in:
        source = f"reference data; the bar's `{field.stand_in}` while unknown"
    return f"`{field.name}`", display(field.name).meaning, field.unit, source


def boards_and_rows() -> str:
    """The page of the boards and of the row's fields."""
    fields = table(("field", "is", "unit", "comes from"), map(_field, FIELDS))
    boards = table(("board", "title", "ranked by", "order", "holds", "cleared at (ET)"), map(_board, BOARDS))
    return f"""\
# Boards and rows

This page is written by `python -m docs.generate`, from `leaderboard/boards.py` and `leaderboard/fields.py`.

## Boards

{boards}

Symbols with equal scores rank as Redis orders them: by name, descending on a descending board.

## The row

In this order, in a symbol's hash, its quote and the published boards:

{fields}
"""


PAGES = {
    "reference/boards-and-rows.md": boards_and_rows,
    "reference/settings.md": settings_page.markdown,
    "operations/alarms.md": alarms_page.markdown,
    "../deploy/kubernetes/components/monitoring/rules.yaml": prometheus_rule.manifest,
}


def main() -> None:
    """Write the pages."""
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
