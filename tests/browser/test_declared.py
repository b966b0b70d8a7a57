"""A field or a board is one line in its table: page, API, WebSocket and terminal have it without another."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from redis import Redis

from tests.support.changed_copy import ChangedCopy
from tests.support.market import bar
from tests.support.processes import Processes
from tests.support.watch.browsers import Look
from tests.support.watch.gateways import Gateway, ask


@pytest.fixture
def copy(tmp_path: Path) -> ChangedCopy:
    return ChangedCopy(
        tmp_path / "copy",
        fields=['_computed("bar_range", Unit.DOLLARS, lambda event, _: event.high - event.low),'],
        boards=['Board("calm", "Calm", "by bar\'s range", "bar_range", Order.ASCENDING),'],
    )


@pytest.fixture
def gateway_of_copy(copy: ChangedCopy, redis: Redis, tmp_path: Path) -> Iterator[Gateway]:
    ranges = {"AAPL": 2.0, "MSFT": 0.25, "NEW": 1.0}
    copy.apply(*(bar(symbol, "09:30:00", close=11.0, h=11.0 + most) for symbol, most in ranges.items()))
    started = Gateway(tmp_path, **copy.environment)
    yield started
    started.stop()


def test_a_field_and_a_board_that_are_declared_are_everywhere(
    look: Look, copy: ChangedCopy, gateway_of_copy: Gateway, processes: Processes
) -> None:
    # Given a field of the row, and a board that ranks its least values first, each declared in one line
    ranked = ["MSFT", "NEW", "AAPL"]

    # Then the API has both
    described = gateway_of_copy.get("/api/boards").json()["boards"][-1]
    assert [described[each] for each in ("name", "title", "field", "order", "rows")] == [
        "calm", "Calm", "bar_range", "ascending", 3,
    ]  # fmt: skip
    rows = gateway_of_copy.get("/api/boards/calm").json()["rows"]
    assert [(row["rank"], row["symbol"], row["bar_range"]) for row in rows] == [
        (1, "MSFT", 0.25), (2, "NEW", 1.0), (3, "AAPL", 2.0),
    ]  # fmt: skip
    quote = gateway_of_copy.get("/api/quotes/MSFT").json()
    assert quote["bar_range"] == 0.25

    # And the WebSocket
    with gateway_of_copy.connect() as client:
        assert ask(client, {"action": "get", "cache": "scanners:top_calm"})["data"] == rows
        assert ask(client, {"action": "get", "cache": "quote:MSFT"})["data"] == quote

    # And the terminal, with a column for the field that ranks it
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
