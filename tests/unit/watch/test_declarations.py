"""What the page gets about boards and fields."""

from leaderboard.boards import BOARDS
from leaderboard.fields import NAMES, WINDOWS
from watch.declarations import declarations
from watch.field_display import display


def test_every_board_and_field_is_declared() -> None:
    declared = declarations(has_history=False)

    assert [board["name"] for board in declared["boards"]] == [board.name for board in BOARDS]
    assert ["symbol", *(field["name"] for field in declared["fields"])] == [*NAMES]
    assert [field["name"] for field in declared["windows"]] == [window.name for window in WINDOWS]
    assert declared["has_history"] is False


def test_every_title_is_another_one() -> None:
    declared = declarations(has_history=False)
    titles = [field["title"] for field in declared["fields"] + declared["windows"]]

    assert len({*titles}) == len(titles)


def test_a_field_without_a_title_is_shown_under_its_name() -> None:
    assert display("made_up").title == "Made up"
