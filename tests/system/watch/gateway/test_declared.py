"""A field of the row is one line in its table: API and WebSocket have it, and a board may rank by it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from tests.support.changed_copy import ChangedCopy
from tests.support.market import bar
from tests.support.watch.gateways import Gateway, ask, received, subscribe

# Declared below the last of each table.
ADDITIONS = {
    (
        "leaderboard/fields.py",
        '    Field("end_timestamp", Unit.MILLISECONDS),',
    ): '    Field("half", Unit.DOLLARS, Source.FORMULA, formula=lambda event, _: event.close / 2),',
    (
        "leaderboard/boards.py",
        '    Board("gainers", "Gainers", "by % since open", "pct_change_since_open", holds=Holds.SESSION),',
    ): '    Board("cheapest", "Cheapest", "by half of the price", "half", Order.ASCENDING),',
}
CHANNEL = "scanners:top_cheapest"

TRADE = """
import json, sys, time
from config.settings import settings
from leaderboard.system import System

system = System.from_settings(settings())
system.process(json.loads({bars!r}))
while (result := system.publish().result) == "taken":
    time.sleep(0.05)
assert result == "published"
"""


def trade(copy: ChangedCopy, *bars: dict[str, Any]) -> None:
    copy.run(TRADE.format(bars=json.dumps(bars)))


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> ChangedCopy:
    return ChangedCopy(tmp_path_factory.mktemp("changed") / "copy", ADDITIONS)


@pytest.fixture
def gateway_of_copy(copy: ChangedCopy, redis: Redis, tmp_path: Path) -> Iterator[Gateway]:
    trade(copy, bar("B", "09:30:00", close=20.0), bar("C", "09:30:01", close=30.0), bar("A", "09:30:02"))
    started = Gateway(tmp_path, **copy.environment)
    yield started
    started.stop()


def test_a_field_that_is_declared_can_be_read_and_ranks_a_board(
    copy: ChangedCopy, gateway_of_copy: Gateway
) -> None:
    # Given a field and a board that ranks by it, the lowest first, each declared in one line, and three symbols
    gateway = gateway_of_copy

    # Then the API lists the board, gives its rows, and describes and gives the field
    [listed] = [each for each in gateway.get("/api/boards").json()["boards"] if each["name"] == "cheapest"]
    assert [listed[each] for each in ("field", "order", "rows")] == ["half", "ascending", 3]
    rows = gateway.get("/api/boards/cheapest").json()["rows"]
    assert [(row["rank"], row["symbol"], row["half"]) for row in rows] == [(1, "A", 5), (2, "B", 10), (3, "C", 15)]
    assert gateway.get("/api/quotes/B").json()["half"] == 10
    described = gateway.get("/openapi.json").json()
    assert "half" in described["components"]["schemas"]["Quote"]["properties"]
    assert "cheapest" in described["components"]["schemas"]["BoardAnswer"]["properties"]["board"]["enum"]

    # And the WebSocket gives the board, its publications and the field
    with gateway.connect() as client:
        assert ask(client, {"action": "get", "cache": CHANNEL})["data"] == rows
        subscribe(client, CHANNEL, "quote:*")
        trade(copy, bar("D", "09:30:03", close=1.0))
        assert json.loads(received(client))["half"] == 0.5
        assert [row["symbol"] for row in json.loads(received(client))] == ["D", "A", "B", "C"]
