"""A symbol's rank over a recorded day is its place on the boards that were published."""

import json
from collections.abc import Callable

import msgspec
import pytest
from typer.testing import Result

from tests.support.made_day import MadeDay, made_day


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> MadeDay:
    return made_day(tmp_path_factory.mktemp("history"), 25, part_seconds=20)


def changes(day: MadeDay, symbol: str) -> dict[int, dict[str, int]]:
    """By second, a symbol's ranks on the boards as they were published, where one of them has changed."""
    found: dict[int, dict[str, int]] = {}
    before: dict[str, int] = {}
    for time, boards in day.published.items():
        rows = ((name, row) for name, board in boards.items() for row in msgspec.json.decode(board))
        ranks = {name: row["rank"] for name, row in rows if row["symbol"] == symbol}
        if ranks != before:
            found[time] = before = ranks
    return found


def test_ranks_are_the_places_on_the_published_boards(day: MadeDay, run: Callable[..., Result]) -> None:
    # When
    output = run("ranks", "S4", "--each-tick", "--json").stdout

    # Then
    printed = {
        each.pop("at") // 1000 * 1000: {board: rank["rank"] for board, rank in each.items()}
        for each in json.loads(output.splitlines()[-1])
    }
    assert printed == changes(day, "S4")


def test_each_minute_has_its_last_tick(day: MadeDay, run: Callable[..., Result]) -> None:
    # When
    lines = run("ranks", "S1", "--csv").stdout.splitlines()

    # Then: 09:29 and 09:30
    assert lines[-3] == "at,volume,gappers,gainers"
    assert [int(line.split(",")[0]) // 60_000 for line in lines[-2:]] == [
        time // 60_000 for time in (min(day.published), max(day.published))
    ]
    assert "09:30:14" in run("ranks", "S1").stdout
    assert run("ranks", "S1", "--json", "--csv").exit_code == 2
