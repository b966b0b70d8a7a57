"""Several windows of one browser share a connection, and what nobody looks at is not followed."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import expect
from redis import Redis

from leaderboard.boards import BOARDS
from leaderboard.system import System
from tests.support.market import bar
from tests.support.waiting import eventually
from tests.support.watch.browsers import Look
from tests.support.watch.gateways import Gateway
from tests.support.watch.publications import followed

#: As a browser tells a page that nobody sees it, and that somebody does again.
HIDE = """
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
"""
SHOW = """
  delete document.hidden;
  document.dispatchEvent(new Event("visibilitychange"));
"""


def test_windows_share_one_connection(look: Look, three: System, redis: Redis, gateway: Gateway) -> None:
    # Given a window, and another one with another quote
    first = look("?symbol=AAPL")
    first.sees("gainers", "AAPL", "MSFT", "NEW")
    second = first.page.context.new_page()
    second.goto(f"{gateway.url}/?symbol=MSFT")
    expect(second.locator("#quote [data-field=close]")).to_have_text("44.00")
    expect(second.locator("#board-gainers .row .symbol")).to_have_text(["AAPL", "MSFT", "NEW"])

    # Then the gateway has one client, and both see what comes
    eventually(lambda: gateway.metric("gateway_clients") == 1)
    three.process([bar("NEW", "09:30:10", close=6.0, av=5_000), bar("MSFT", "09:30:10", close=43.0, av=5_000)])
    expect(second.locator("#quote [data-field=close]")).to_have_text("43.00")
    expect(second.locator("#board-gainers .row .symbol")).to_have_text(["NEW", "AAPL", "MSFT"])
    first.sees("gainers", "NEW", "AAPL", "MSFT")
    expect(first.page.locator("#quote [data-field=close]")).to_have_text("12.00")

    # And when one is closed, the other goes on, and what only the one showed is not followed
    second.close()
    eventually(lambda: followed(redis, "quote:AAPL", "quote:MSFT") == ["quote:AAPL"])
    three.process([bar("AAPL", "09:30:11", close=13.0, av=5_000)])
    expect(first.page.locator("#quote [data-field=close]")).to_have_text("13.00")


@pytest.mark.parametrize(
    "script", ["", "delete window.SharedWorker", "window.SharedWorker = class { constructor() { throw 7 } }"]
)
def test_the_page_works_without_shared_workers(look: Look, three: System, script: str) -> None:
    look(script=script).sees("gainers", "AAPL", "MSFT", "NEW")


def test_a_window_in_the_background_follows_nothing(look: Look, three: System, redis: Redis) -> None:
    # Given a window that shows boards and a quote
    feeds = [*(board.scanner for board in BOARDS), "quote:AAPL"]
    viewer = look("?symbol=AAPL")
    page = viewer.page
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    eventually(lambda: followed(redis, *feeds) == feeds)

    # When it is in the background for a while
    page.clock.install()
    page.evaluate(HIDE)
    page.clock.fast_forward("00:15")

    # Then nothing is followed
    eventually(lambda: followed(redis, *feeds) == [])

    # And when it is in front again, it shows what it missed
    three.process([bar("NEW", "09:30:10", close=6.0, av=5_000), bar("AAPL", "09:30:10", close=12.5, av=5_000)])
    page.evaluate(SHOW)
    viewer.sees("gainers", "NEW", "AAPL", "MSFT")
    expect(page.locator("#quote [data-field=close]")).to_have_text("12.50")


def test_a_restarted_gateway_is_found_at_once(look: Look, three: System, tmp_path: Path) -> None:
    # Given a page whose gateway is away
    gateway = Gateway(tmp_path, MARKET_CLOCK="events")
    try:
        viewer = look(gateway=gateway, complains=True)
        viewer.sees("gainers", "AAPL", "MSFT", "NEW")
        gateway.stop()
        expect(viewer.page.locator("#state")).to_have_attribute("data-state", "lost")

        # When it is back
        gateway.start()
        back = time.monotonic()

        # Then it is connected soon: within 1.5 s where the machine does nothing else
        expect(viewer.page.locator("#state")).not_to_have_attribute("data-state", "lost")
        assert time.monotonic() - back < 3.0
    finally:
        gateway.stop()
