"""What the page on screens shows can be pasted."""

from pathlib import Path

from leaderboard.market.selection import Condition
from leaderboard.screens.screens_file import load
from tests.support.checkout import CHECKOUT
from tests.unit.docs import documents

PAGE = CHECKOUT / "docs" / "guides" / "screens.md"


def test_the_example_is_a_valid_file(tmp_path: Path) -> None:
    # Given the page's example as a file
    (example,) = documents.blocks(PAGE, "toml")
    path = tmp_path / "screens.toml"
    path.write_text(example)
    # When it is read, then it declares the screen that the commands below it name
    assert [screen.name for screen in load(path)] == ["losers"]


def test_the_conditions_are_valid() -> None:
    conditions, _ = documents.blocks(PAGE, "")
    for line in conditions.splitlines():
        Condition.parse(line.partition("   ")[0])
