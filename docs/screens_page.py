"""The docs' page of the screens that are shipped, made from their file."""

from config.settings import SHIPPED_SCREENS
from docs.markdown_table import table
from leaderboard.screens.screen import Screen
from leaderboard.screens.screens_file import load
from leaderboard.sessions import Hours

#: The hours as people call them.
HOURS = {Hours.PRE: "pre-market", Hours.REGULAR: "regular", Hours.POST: "after hours"}


def markdown() -> str:
    """The page."""
    screens = table(
        ("screen", "title", "caption", "ranked by", "order", "rows", "hours", "where"),
        map(_screen, load(SHIPPED_SCREENS)),
    )
    return f"""\
# Shipped screens

This page is written by `python -m docs.generate`, from `config/screens.toml`. [Screens](../guides/screens.md)
tells how to declare your own. [Boards and rows](boards-and-rows.md) has the fields.

{screens}
"""


def _screen(screen: Screen) -> tuple[str, ...]:
    return (
        f"`{screen.name}`",
        screen.title,
        screen.caption,
        f"`{screen.field}`",
        screen.order,
        str(screen.size),
        ", ".join(HOURS[each] for each in screen.hours) or "all",
        ", ".join(f"`{condition}`" for condition in screen.conditions) or "all symbols",
    )
