"""Each pane of the page shows any board or screen."""

from collections.abc import Iterator

import msgspec
import pytest
from playwright.sync_api import Locator, expect
from redis import Redis

from leaderboard import keys
from leaderboard.boards import Order
from leaderboard.screens.definition import Definition, encode
from leaderboard.system import System
from tests.support.market import at
from tests.support.watch.browsers import PHONE, Look, Viewer
from tests.support.watch.publications import publish


def screen(name: str, title: str, field: str, caption: str) -> Definition:
    return Definition(name, title, caption, field, Order.DESCENDING, 500, (), (), "close")


RUNNERS = screen("runners", "Runners", "pct_change_5m", "by five minutes' change")
HIGHS = screen("highs", "New highs", "high_at", "by the time of the day's high")


@pytest.fixture
def screens(three: System, redis: Redis) -> Iterator[None]:
    """Two screens beside the boards. Of the first one's second row nothing is known of five minutes before."""
    redis.set(keys.SCREENS, encode([RUNNERS, HIGHS]))
    row = {"close": 12.0, "end_timestamp": at("09:30:03"), "high_at": at("09:30:02"), "pct_change": 900.0}
    rows = [
        {"rank": 1, "symbol": "MSFT"} | row | {"pct_change_5m": 12.345},
        {"rank": 2, "symbol": "NEW"} | row | {"pct_change_5m": None},
    ]
    for each in (RUNNERS, HIGHS):
        publish(redis, each, msgspec.json.encode(rows))
    yield
    redis.delete(keys.SCREENS, RUNNERS.scanner, HIGHS.scanner)


def chooser(viewer: Viewer, board: str) -> Locator:
    return viewer.page.locator(f"#board-{board}").get_by_role("combobox", name="Board shown here")


def shows(viewer: Viewer, *titles: str) -> None:
    """Wait until these are the panes, in this order."""
    expect(viewer.page.locator(".board h2")).to_have_text(list(titles))


def test_a_screen_is_chosen_and_stays(look: Look, screens: None, redis: Redis) -> None:
    # Given the page as it is at first
    viewer = look()
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    shows(viewer, "Volume", "Gappers", "Gainers")
    expect(chooser(viewer, "volume").locator("option")).to_have_text(
        ["Volume", "Gappers", "Gainers", "Runners", "New highs"]
    )

    # When a screen is chosen for the first pane
    chooser(viewer, "volume").select_option(label="Runners")

    # Then its rows are there, with what ranks them, and what is unknown is no number
    viewer.sees("runners", "MSFT", "NEW")
    shows(viewer, "Runners", "Gappers", "Gainers")
    expect(viewer.page.locator("#board-runners .note")).to_have_text("by five minutes' change")
    expect(viewer.cell("runners", "MSFT", "pct_change_5m")).to_have_text("+12.35%")
    expect(viewer.cell("runners", "NEW", "pct_change_5m")).to_have_text("-")

    # And it follows what is published
    publish(redis, RUNNERS, b"[]")
    viewer.sees("runners")

    # And a board that another pane has changes places with it
    chooser(viewer, "gainers").select_option(label="Runners")
    shows(viewer, "Gainers", "Gappers", "Runners")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # And so it is when the page is loaded again
    viewer.page.reload()
    shows(viewer, "Gainers", "Gappers", "Runners")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    expect(chooser(viewer, "runners")).to_have_value("runners")


def test_a_screen_is_chosen_by_keyboard(look: Look, screens: None) -> None:
    viewer = look()
    expect(chooser(viewer, "volume").locator("option")).to_have_count(5)

    # When the keyboard opens the list and chooses its last board
    chooser(viewer, "volume").focus()
    for key in ("ArrowDown", "End", "Enter"):
        viewer.page.keyboard.press(key)

    # Then that is shown, and the keyboard is at its rows, where the page's keys work
    viewer.sees("highs", "MSFT", "NEW")
    expect(viewer.cell("highs", "MSFT", "high_at")).to_have_text("09:30:02")
    expect(viewer.page.locator("#board-highs .grid")).to_be_focused()
    assert viewer.spilt() == []
    viewer.keep("screens")


def test_a_phone_shows_a_screen_in_the_tab_for_which_it_was_chosen(look: Look, screens: None) -> None:
    viewer = look(viewport=PHONE)
    page = viewer.page
    page.get_by_role("tab", name="Gappers").click()
    expect(chooser(viewer, "gappers").locator("option")).to_have_count(5)

    # When a screen is chosen
    chooser(viewer, "gappers").select_option(label="New highs")

    # Then it has the tab, and fits
    viewer.sees("highs", "MSFT", "NEW")
    expect(page.get_by_role("tab")).to_have_text(["Volume", "New highs", "Gainers"])
    expect(page.get_by_role("tab", name="New highs")).to_have_attribute("aria-selected", "true")
    assert viewer.spilt() == []
    viewer.keep("screens-phone")

    # And is the one that is seen when the page is loaded again
    page.reload()
    viewer.sees("highs", "MSFT", "NEW")
    expect(page.locator(".board:visible")).to_have_count(1)


def test_screens_that_change_reach_the_page(look: Look, screens: None, redis: Redis) -> None:
    # Given a page that shows a screen
    viewer = look()
    expect(chooser(viewer, "volume").locator("option")).to_have_count(5)
    chooser(viewer, "volume").select_option(label="Runners")
    viewer.sees("runners", "MSFT", "NEW")

    # When it is published no more, and the other by another field, and the user opens the list
    changed = screen("highs", "Turnover", "accumulated_volume", "by shares")
    redis.set(keys.SCREENS, encode([changed]))
    chooser(viewer, "gainers").focus()

    # Then the usual board is in its place, and the list is the new one
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    expect(chooser(viewer, "gainers").locator("option")).to_have_text(["Volume", "Gappers", "Gainers", "Turnover"])


def test_a_screen_that_moves_by_itself_hides_no_feed_that_has_stopped(
    look: Look, screens: None, redis: Redis
) -> None:
    # Given a page with a screen, which is published each second though no bar comes
    viewer = look()
    chooser(viewer, "gainers").select_option("runners")
    viewer.sees("runners", "MSFT", "NEW")

    # Then the page says that no bars come
    state, change = viewer.page.locator("#state"), 0.0
    while "No bars" not in state.inner_text():
        change += 1
        row = {"rank": 1, "symbol": "MSFT", "close": 12.0, "pct_change_5m": change}
        publish(redis, RUNNERS, msgspec.json.encode([row]))
        expect(viewer.cell("runners", "MSFT", "pct_change_5m")).to_have_text(f"+{change:.2f}%")
