"""The page on screens of any size."""

from itertools import pairwise
from typing import Literal

import pytest
from playwright.sync_api import ViewportSize, expect

from feeds.synthetic import Market
from leaderboard.boards import BOARDS
from leaderboard.system import System
from tests.support.market import TODAY, at
from tests.support.watch.browsers import LAPTOP, PHONE, WIDE, Look, Viewer

SCHEMES: tuple[Literal["dark", "light"], ...] = ("dark", "light")


def test_a_phone_shows_and_follows_one_board_at_a_time(look: Look, three: System) -> None:
    viewer = look(viewport=PHONE, has_touch=True)
    page = viewer.page
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    assert page.locator(".board:visible").count() == 1
    assert len(viewer.sockets) == 1

    # When another is chosen
    page.get_by_role("tab", name="Gainers").tap()

    # Then it is there instead, whole rows of it, and the first is no longer followed
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    assert page.locator(".board:visible").count() == 1
    assert [socket.is_closed() for socket in viewer.sockets] == [True, False]
    assert viewer.spilt() == []

    # And turned to a wide screen it shows all
    page.set_viewport_size(LAPTOP)
    viewer.sees("gappers", "AAPL", "MSFT", "NEW")
    assert page.locator(".board:visible").count() == len(BOARDS)


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
    expect(boards.locator(".count")).to_have_text(["500"] * beside)
    market.process(made.bars(at("09:30:04")))
    expect(boards.last.locator(".tick:not(:empty)").first).to_be_visible()
    expect(page.locator("#state .what")).to_have_text("Live")

    # Then they stand side by side, or alone, from one side of the screen to the other, and nothing reaches beyond
    places = boards.evaluate_all("all => all.map((each) => each.getBoundingClientRect().toJSON())")
    assert len({place["top"] for place in places}) == 1
    assert len({round(place["width"]) for place in places}) == 1
    assert all(left["right"] <= right["left"] for left, right in pairwise(places))
    assert sum(place["width"] for place in places) > 0.95 * viewport["width"]
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


def test_rows_fit_whatever_the_width(look: Look, three: System) -> None:
    viewer = look("?symbol=AAPL")
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    assert viewer.spilt_by_width() == {}
