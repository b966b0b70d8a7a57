"""``python -m history boards``: a board or screen at some second of a recorded day."""

import csv
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from history import options
from history.queries.boards_at import BoardAt, board_at, clock
from history.recorded_days import history_folder
from leaderboard.boards import BY_NAME
from leaderboard.fields import NAMES, WINDOWS

#: Fields that are printed beside the one that ranks.
_SHOWN = ("close", "pct_change", "pct_change_since_open", "accumulated_volume")

_texts = msgspec.json.Decoder(dict[str, msgspec.Raw])
#: A row's fields, numbers as the row's JSON has them, null as an empty text.
Row = Mapping[str, str]


def boards(
    name: Annotated[str, typer.Argument(help="A board, or a screen that was published then.")],
    at: Annotated[
        int,
        typer.Option(
            parser=options.moment, metavar="TIME", help="As 2026-11-20T09:31:07, in New York if without an offset."
        ),
    ],
    limit: Annotated[int | None, typer.Option(min=1, help="Rows; else all.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, to the byte as it was published.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV with all fields.")] = False,
) -> None:
    """Print a board or screen as it stood at a second of a recorded day, row for row as it was published."""
    if as_json and as_csv:
        raise typer.BadParameter("--json and --csv exclude each other.")
    found = board_at(history_folder(), name, at, limit)
    if as_json:
        sys.stdout.buffer.write(found.json() + b"\n")
        return
    rows = [{key: _cell(bytes(text).decode()) for key, text in _texts.decode(row).items()} for row in found.rows]
    if as_csv:
        windows = () if name in BY_NAME else (window.name for window in WINDOWS)
        writer = csv.DictWriter(sys.stdout, ("rank", *NAMES, *windows), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    else:
        _print(found, rows)


def _print(found: BoardAt, rows: Sequence[Row]) -> None:
    shown = dict.fromkeys(("rank", "symbol", found.field, *_SHOWN))
    table = Table(title=f"{found.name}, published {clock(found.published_at)}")
    for name in shown:
        table.add_column(name, justify="left" if name == "symbol" else "right")
    for row in rows:
        table.add_row(*(_short(row[name]) for name in shown))
    Console(highlight=False).print(table)


def _cell(text: str) -> str:
    """A value of a row's JSON without quotation marks; null is empty."""
    return "" if text == "null" else text.strip('"')


def _short(text: str) -> str:
    """A number to four digits behind the point; other texts as they are."""
    return text[: text.index(".") + 5] if "." in text and "e" not in text else text
