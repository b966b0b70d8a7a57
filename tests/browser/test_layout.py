"""The page on screens of any size."""

import re
from itertools import pairwise
from typing import Literal

import pytest
from playwright.sync_api import ViewportSize, expect
from redis import Redis

from feeds.synthetic import Market
from leaderboard.boards import BOARDS, BY_NAME
from leaderboard.system import System
from tests.support.market import TODAY, at
from tests.support.waiting import eventually
from tests.support.watch.browsers import LAPTOP, PHONE, WIDE, Look, Viewer
from tests.support.watch.publications import followed

SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")


def test_a_phone_shows_and_follows_one_board_at_a_time(look: Look, three: System, redis: Redis) -> None:
    scanners = [board.scanner for board in BOARDS]
    viewer = look(viewport=PHONE, has_touch=True)
    page = viewer.page
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    expect(page.locator(".board:visible")).to_have_count(1)
    eventually(lambda: followed(redis, *scanners) == [BY_NAME["volume"].scanner])

    # When another is chosen
    page.get_by_role("tab", name="Gainers").tap()

    # Then it is there instead, whole rows of it, and the first is no longer followed
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    expect(page.locator(".board:visible")).to_have_count(1)
    eventually(lambda: followed(redis, *scanners) == [BY_NAME["gainers"].scanner])
    assert viewer.spilt() == []

    # And turned to a wide screen it shows all
    page.set_viewport_size(LAPTOP)
    viewer.sees("gappers", "AAPL", "MSFT", "NEW")
    expect(page.locator(".board:visible")).to_have_count(len(BOARDS))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "viewport", "beside"),
    [("phone", PHONE, 1), ("laptop", LAPTOP, len(BOARDS)), ("wide", WIDE, len(BOARDS))],
    ids=["phone", "laptop", "wide"],
)
def test_full_boards_fit_on_the_screen(
    look: Look, market: System, size: str, viewport: ViewportSize, beside: int
) -> None:
    # Given some seconds of a made-up market that fill all boards
    made = Market(2_000, 1_000, 1, TODAY)
    market.reference.learn(TODAY, made.reference())
    for second in range(at("09:29:56"), at("09:30:04"), 1000):
        market.process(made.bars(second))

    # When they are looked at, while trading goes on
    viewer = look(viewport=viewport)
    page, boards = viewer.page, viewer.page.locator(".board:visible")
    expect(boards.locator(".count")).to_have_text([re.compile(r"^100\+$|^\d+ of 500$")] * beside)
    market.process(made.bars(at("09:30:04")))
    expect(boards.last.locator(".tick:not(:empty)").first).to_be_visible()
    expect(page.locator("#state .what")).to_have_text("Live")

    # Then they stand side by side, or alone, from the left to the dock, and nothing reaches beyond
    places = boards.evaluate_all("all => all.map((each) => each.getBoundingClientRect().toJSON())")
    assert len({place["top"] for place in places}) == 1
    assert len({round(place["width"]) for place in places}) == 1
    assert all(left["right"] <= right["left"] for left, right in pairwise(places))
    dock = page.locator(".dock").bounding_box() or {"width": 0}
    assert sum(place["width"] for place in places) + dock["width"] > 0.95 * viewport["width"]
    assert viewer.spilt() == []
    keep_pictures(viewer, size)

    # And neither does the quote of a symbol
    boards.first.locator(".row").nth(3).click()
    expect(page.locator("#quote [data-field=close]")).not_to_be_empty()
    assert viewer.spilt() == []
    keep_pictures(viewer, size, "-quote")


def keep_pictures(viewer: Viewer, size: str, what: str = "") -> None:
    for scheme in SCHEMES:
        viewer.page.emulate_media(color_scheme=scheme)
        viewer.keep(f"{size}-{scheme}{what}")


@pytest.mark.slow
def test_rows_fit_whatever_the_width(look: Look, three: System) -> None:
    viewer = look("?symbol=AAPL")
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    assert viewer.spilt_by_width() == {}


def test_the_head_fits_whatever_the_state_says(look: Look) -> None:
    # Given a narrow window with boards side by side
    page = look(viewport={"width": 960, "height": 900}).page

    # When session and state take many words
    widths = page.evaluate(
        """() => {
          const say = (id, words) => { document.getElementById(id).firstChild.data = words; };
          say("session", "Regular session, Wed 30 Sep 2026");
          say("state-words", "Disconnected, next try in 30 s");
          say("age", "data 12 min 30 s old");
          // At once, for the page puts its own words back.
          return [document.documentElement.scrollWidth, innerWidth];
        }"""
    )

    # Then nothing reaches beyond the window
    assert widths[0] == widths[1]


@pytest.mark.parametrize(
    "viewport",
    [{"width": 320, "height": 256}, {"width": 640, "height": 360}, {"width": 844, "height": 390}],
    ids=["320x256", "200 percent", "phone on its side"],
)
def test_a_low_window_scrolls_to_everything(look: Look, three: System, viewport: ViewportSize) -> None:
    # Given a window that is too low for all of the page
    viewer = look(viewport=viewport)
    page = viewer.page
    viewer.sees("volume", "AAPL", "MSFT", "NEW")

    # Then nothing reaches beyond its sides, and it scrolls to rows, search and tabs
    assert viewer.spilt() == []
    for reached in (page.locator(".board:visible .row").last, page.locator("#symbol"), page.locator("#tab-bar")):
        reached.scroll_into_view_if_needed()
        expect(reached).to_be_in_viewport(ratio=0.9)
    page.locator(".board:visible .row").last.click()
    expect(page.locator("#quote h2")).to_have_text("NEW")
    viewer.keep(f"low-{viewport['width']}")
