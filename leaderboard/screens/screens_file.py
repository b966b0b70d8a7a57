"""Reads the screens of a TOML file."""

import re
from functools import partial
from pathlib import Path

from leaderboard import boards
from leaderboard.boards import Order
from leaderboard.declared import tables
from leaderboard.declared.tables import Form, TableReader, number_within, words
from leaderboard.market.selection import Bounds, Condition, Selection, field_named, hours_named
from leaderboard.screens.screen import Screen

#: Screens in a file at most. It bounds what a tick costs, with the rows and conditions of each.
MOST_SCREENS = 100
_MOST = Bounds()

_NAME = re.compile(r"[a-z0-9_]{1,64}")
_FORM = Form(
    "screen",
    {
        "name": str,
        "title": str,
        "caption": str,
        "by": str,
        "order": str,
        "size": int,
        "hours": list,
        "where": list,
    },
    required=("name", "by"),
    most=MOST_SCREENS,
)


def load(path: Path) -> tuple[Screen, ...]:
    """The screens of a file, in its order.

    Raises:
        DeclarationError: the file is wrong or cannot be read.
    """
    return tables.load(path, _FORM, _screen)


def _screen(table: TableReader) -> Screen | None:
    """The screen of a table; None if something is wrong with it."""
    name = table.read_name(_name)
    title = table.read("title", words)
    caption = table.read("caption", words)
    by = table.read("by", field_named)
    order = table.read("order", partial(_order, by)) or Order.DESCENDING
    size = table.read("size", _size) or _MOST.limit
    hours = table.read_each("hours", hours_named)
    where = table.read_each("where", Condition.parse, most=_MOST.conditions)
    if table.is_wrong or name is None or by is None:
        return None
    selection = Selection(by, order, tuple(where), tuple(dict.fromkeys(hours)), size)
    return Screen(name, title or _title_of(name), caption or _caption_of(selection), selection)


# --- defaults


def _title_of(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _caption_of(selection: Selection) -> str:
    """What ranks the screen, by the field's name: ``by % change since open, lowest first``."""
    by = selection.by.replace("pct", "%").replace("_", " ")
    return f"by {by}{', lowest first' if selection.ascending else ''}"


# --- checks of values, which raise ValueError


def _name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!a} has to be 1 to 64 of a-z, 0-9 and _")
    if name.startswith("top_"):
        raise ValueError(f"{name} begins with top_, as only boards do")
    if name in boards.BY_NAME:
        raise ValueError(f"{name} is the name of a board")
    return name


def _order(by: str | None, order: str) -> Order:
    # A wrong `by` is reported already. The order is validated all the same, as of any other field.
    return Selection.parse(by or "close", order).order


def _size(size: int) -> int:
    return number_within(1, size, _MOST.limit)
