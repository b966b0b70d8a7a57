"""The program in ``docs/guides/reading-boards.md`` that follows the whole market."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from leaderboard import keys
from leaderboard.system import System
from tests.support.market import bar

GUIDE = Path(__file__).parents[4] / "docs" / "guides" / "reading-boards.md"


@pytest.fixture
def program(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of the guide's program after it has run."""
    (source,) = (code for code in re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.S) if "look()" in code)
    names: dict[str, Any] = {}
    monkeypatch.setenv("REDIS_URL", redis_url)
    exec(source, names)
    return names


def test_the_guides_program_follows_the_market(system: System, redis: Redis, program: dict[str, Any]) -> None:
    look: Callable[[], None] = program["look"]
    market: Mapping[str, Any] = program["market"]

    # When bars are applied, the program looks, and more are applied
    system.process([bar("A", "09:30:00"), bar("B", "09:30:00")])
    look()
    system.process([bar("B", "09:30:01"), bar("C", "09:30:01")])
    look()

    # Then it has the row of each symbol
    assert market == {symbol: json.loads(redis.get(keys.quote(symbol)) or b"") for symbol in "ABC"}

    # And of the next day only those of that day
    system.process([bar("D", "09:30:00", date(2026, 11, 23))])
    look()
    assert market.keys() == {"D"}

    # And after Redis has lost data what is left
    redis.set(keys.REVISION, 1)
    redis.delete(keys.CHANGES)
    look()
    assert market == {}
