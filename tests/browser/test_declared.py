"""A field or a board is one line in its table: page, API, WebSocket and terminal have it without another."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect
from redis import Redis

from config.settings import Settings
from leaderboard.boards import BOARDS
from leaderboard.reference import PreviousDay, Reference
from leaderboard.system import System
from tests.support.changed_copy import ChangedCopy
from tests.support.market import TODAY, bar
from tests.support.processes import Processes
from tests.support.watch.browsers import PHONE, Look
from tests.support.watch.gateways import Gateway, ask


@pytest.fixture
def copy(tmp_path: Path) -> ChangedCopy:
    return ChangedCopy(
        tmp_path / "copy",
        fields=[
            '_computed("turnover", Unit.DOLLAR_AMOUNT, lambda event, _: event.close * event.accumulated_volume),',
            '_computed("bar_range", Unit.DOLLARS, lambda event, _: event.high - event.low),',
        ],
        boards=[
            'Board("busy", "Busy", "by dollars traded", "turnover"),',
            'Board("calm", "Calm", "by bar\'s range", "bar_range", Order.ASCENDING),',
        ],
    )


@pytest.fixture
def gateway_of_copy(copy: ChangedCopy, redis: Redis, redis_url: str, tmp_path: Path) -> Iterator[Gateway]:
    """Tests name it before `look`, so that it stops after their pages have closed: they complain of a lost one."""
    # All prices are ten times those of the day before, and of the open.
    known = Reference(PreviousDay(close=1.1))
    System.from_settings(Settings(redis_url=redis_url)).reference.learn(
        TODAY, dict.fromkeys(("AAPL", "MSFT", "NEW"), known)
    )
    copy.apply(
        bar("AAPL", "09:30:00", close=11.0, o=1.1, h=13.0, l=11.0, av=88_001.061),
        bar("MSFT", "09:30:00", close=11.0, o=1.1, h=11.25, l=11.0, av=9e8),
        bar("NEW", "09:30:00", close=11.0, o=1.1, h=12.0, l=11.0, av=1),
    )
    started = Gateway(tmp_path, **copy.environment)
    yield started
    started.stop()


def test_a_field_and_a_board_that_are_declared_are_everywhere(
    gateway_of_copy: Gateway, look: Look, copy: ChangedCopy, processes: Processes
) -> None:
    # Given fields of the row, and a board that ranks the least values of one first, each declared in one line
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
    expect(viewer.page.locator(".board:visible")).to_have_count(len(BOARDS) + 2)
    assert viewer.spilt() == []
    viewer.page.set_viewport_size({"width": 390, "height": 844})
    viewer.page.get_by_role("tab", name="Calm").click()
    viewer.sees("calm", *ranked)
    expect(viewer.cell("calm", "MSFT", "bar_range")).to_be_visible()
    assert viewer.spilt() == []

    # And the quote shows the field under its name
    viewer.page.locator("#board-calm .row").first.click()
    more = viewer.page.locator("#quote .fold", has_text="Others")
    expect(more.locator("dt")).to_contain_text(["Turnover", "Bar range"])
    expect(more.locator("[data-field=bar_range]")).to_have_text("0.2500")


@pytest.mark.slow
def test_amounts_of_money_are_short_and_nothing_beside_them_is_cut(
    gateway_of_copy: Gateway, look: Look, copy: ChangedCopy, processes: Processes
) -> None:
    # Given a board by an amount of money, beside changes of many digits
    amounts = {"MSFT": "9.9B", "AAPL": "968.0K", "NEW": "11"}

    # Then the terminal writes the amounts short
    shown = processes.run("watch", "top", "busy", environment=copy.environment).stdout.splitlines()
    assert {line.split()[1]: line.split()[3] for line in shown[2:]} == amounts

    # And so does the page, beside the changes, whatever its width
    viewer = look(gateway=gateway_of_copy)
    for symbol, amount in amounts.items():
        expect(viewer.cell("busy", symbol, "turnover")).to_have_text(amount)
        expect(viewer.cell("busy", symbol, "pct_change")).to_have_text("+900.00%")
        expect(viewer.cell("gainers", symbol, "pct_change_since_open")).to_have_text("+900.00%")
    assert viewer.spilt_by_width() == {}
    viewer.page.set_viewport_size(PHONE)
    viewer.page.get_by_role("tab", name="Busy").click()
    viewer.sees("busy", *amounts)
    assert viewer.spilt_by_width(960) == {}

    # And so does the quote
    viewer.page.locator("#board-busy .row", has_text="AAPL").click()
    expect(viewer.page.locator("#quote [data-field=turnover]")).to_have_text("968.0K")
