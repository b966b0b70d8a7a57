"""A field or a board is one line in its table: page, API, WebSocket and terminal have it without another."""

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
    ): '    Board("calm", "Calm", "by bar\'s range", "bar_range", Order.ASCENDING),',
    (
        "leaderboard/fields.py",
        '    Field("end_timestamp", Unit.MILLISECONDS),',
    ): '    _computed("bar_range", Unit.DOLLARS, lambda event, reference: event.high - event.low),',
}

TRADE = """
from config.settings import settings
from leaderboard.system import System

system = System.from_settings(settings())
start = 1_381_240_800_000
for symbol, high in (("AAPL", 13), ("MSFT", 11.25), ("NEW", 12)):
    bar = {"sym": symbol, "o": 11, "c": 11, "h": high, "l": 11, "av": 1000, "s": start, "e": start + 1000}
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


def test_a_field_and_a_board_that_are_declared_are_everywhere(
    look: Look, copy: ChangedCopy, gateway_of_copy: Gateway, processes: Processes
) -> None:
    # Given a field of the row, and a board that ranks its least values first, each declared in one line
    ranked = ["MSFT", "NEW", "AAPL"]

    # Then the API has it
    described = gateway_of_copy.get("/api/boards").json()["boards"][-1]
    assert [described[each] for each in ("name", "title", "order", "rows")] == ["calm", "Calm", "ascending", 3]
    assert gateway_of_copy.get("/api/quotes/MSFT").json()["bar_range"] == 0.25
    rows = gateway_of_copy.get("/api/boards/calm").json()["rows"]
    assert [row["symbol"] for row in rows] == ranked

    # And the WebSocket
    with gateway_of_copy.connect() as client:
        subscribe(client, "scanners:top_calm")
        client.send(json.dumps({"action": "get", "cache": "scanners:top_calm"}))
        assert json.loads(received(client))["data"] == rows

    # And the terminal, with a column for what ranks it
    shown = processes.run("watch", "top", "calm", environment=copy.environment).stdout.splitlines()
    assert shown[0].startswith("Calm, ")
    assert "Bar range" in shown[1]
    assert [line.split()[1] for line in shown[2:]] == ranked
    assert [line.split()[3] for line in shown[2:]] == ["0.2500", "1.00", "2.00"]

    # And the page, beside the others, in a tab of its own on a phone
    viewer = look(gateway=gateway_of_copy)
    viewer.sees("calm", *ranked)
    expect(viewer.page.locator("#board-calm h2")).to_have_text("Calm")
    expect(viewer.page.locator("#board-calm .note")).to_have_text("by bar's range")
    expect(viewer.cell("calm", "MSFT", "bar_range")).to_have_text("0.2500")
    assert viewer.page.locator(".board:visible").count() == 4
    assert viewer.spilt() == []
    viewer.page.set_viewport_size({"width": 390, "height": 844})
    viewer.page.get_by_role("tab", name="Calm").click()
    viewer.sees("calm", *ranked)
    expect(viewer.cell("calm", "MSFT", "bar_range")).to_be_visible()
    viewer.next_frame()
    assert viewer.spilt() == []

    # And the quote shows the field under its name
    viewer.page.locator("#board-calm .row").first.click()
    more = viewer.page.locator("#quote .group", has_text="More")
    expect(more.locator("dt")).to_have_text("Bar range")
    expect(more.locator("[data-field=bar_range]")).to_have_text("0.2500")
