"""Rooms import what the architecture page allows them to, and nothing else."""

import re

import pytest

from tests.support.checkout import CHECKOUT

PAGE = CHECKOUT / "docs" / "architecture" / "README.md"
#: Those with a row of their own in the page's table.
ROOMS = ("feeds", "watch", "history", "tasks", "leaderboard", "config")
_IMPORT = re.compile(r"^ *(?:from|import) (\w+)", re.MULTILINE)


def allowed(room: str) -> set[str]:
    """The rooms that the table names in the last column of a room's row."""
    (row,) = re.findall(rf"^\| `{room}/` \|.*\| ([^|]*) \|$", PAGE.read_text(), re.MULTILINE)
    return set(re.findall(r"\w+", row.partition(";")[0])) & set(ROOMS)


def imported(room: str) -> set[str]:
    """The rooms that a room's modules import."""
    modules = (CHECKOUT / room).rglob("*.py")
    return {name for module in modules for name in _IMPORT.findall(module.read_text())} & {*ROOMS} - {room}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_the_page_allows(room: str) -> None:
    assert imported(room) <= allowed(room)


def test_the_table_is_read() -> None:
    assert "leaderboard" in allowed("feeds")
    assert allowed("config") == set()
