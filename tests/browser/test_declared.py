"""A board is one line in its table: page, API, WebSocket and terminal have it without another."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from redis import Redis

from tests.support.changed_copy import ChangedCopy
from tests.support.processes import Processes
from tests.support.watch.browsers import Look
from tests.support.watch.gateways import Gateway, received, subscribe

# Declared below the last of each table.
ADDITIONS = {
    (
        "leaderboard/boards.py",
        '    Board("gainers", "Gainers", "by % since open", "pct_change_since_open", holds=Holds.SESSION),',
    ): '    Board("retail", "Retail", "by average trade", "average_size", Order.ASCENDING),',
}

TRADE = """
from config.settings import settings
from leaderboard.system import System

system = System.from_settings(settings())
start = 1_381_240_800_000
for symbol, size in (("AAPL", 400), ("MSFT", 85), ("NEW", 120)):
    bar = {"sym": symbol, "o": 10.0, "c": 11.0, "v": 100, "av": 1000, "z": size, "s": start, "e": start + 1000}
    system.process([bar])
system.publish()
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> ChangedCopy:
    return ChangedCopy(tmp_path_factory.mktemp("changed") / "copy", ADDITIONS)


@pytest.fixture
def gateway_of_copy(copy: ChangedCopy, redis: Redis, tmp_path: Path) -> Iterator[Gateway]:
    copy.run(TRADE)
    started = Gateway(tmp_path, **copy.environment)
    yield started
    started.stop()


def test_a_board_that_is_declared_is_everywhere(
    look: Look, copy: ChangedCopy, gateway_of_copy: Gateway, processes: Processes
) -> None:
    # Given a board that ranks by the least of a field, declared in one line, and a market
    ranked = ["MSFT", "NEW", "AAPL"]

    # Then the API has it
    described = gateway_of_copy.get("/api/boards").json()["boards"][-1]
    assert [described[each] for each in ("name", "title", "order", "rows")] == ["retail", "Retail", "ascending", 3]
    rows = gateway_of_copy.get("/api/boards/retail").json()["rows"]
    assert [row["symbol"] for row in rows] == ranked

    # And the WebSocket
    with gateway_of_copy.connect() as client:
        subscribe(client, "scanners:top_retail")
        client.send(json.dumps({"action": "get", "cache": "scanners:top_retail"}))
        assert json.loads(received(client))["data"] == rows

    # And the terminal, with a column for what ranks it
    shown = processes.run("watch", "top", "retail", environment=copy.environment).stdout.splitlines()
    assert shown[0].startswith("Retail, ")
    assert "Avg trade" in shown[1]
    assert [line.split()[1] for line in shown[2:]] == ranked
    assert [line.split()[3] for line in shown[2:]] == ["85", "120", "400"]

    # And the page, beside the others, in a tab of its own on a phone
    viewer = look(gateway=gateway_of_copy)
    viewer.sees("retail", *ranked)
    expect(viewer.page.locator("#board-retail h2")).to_have_text("Retail")
    expect(viewer.page.locator("#board-retail .note")).to_have_text("by average trade")
    expect(viewer.cell("retail", "MSFT", "average_size")).to_have_text("85")
    assert viewer.page.locator(".board:visible").count() == 4
    assert viewer.spilt() == []
    viewer.page.set_viewport_size({"width": 390, "height": 844})
    viewer.page.get_by_role("tab", name="Retail").click()
    viewer.sees("retail", *ranked)
    expect(viewer.cell("retail", "MSFT", "average_size")).to_be_visible()
    viewer.next_frame()
    assert viewer.spilt() == []
