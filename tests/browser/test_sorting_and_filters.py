"""Users sort and filter the boards."""

import re

from playwright.sync_api import expect

from leaderboard.system import System
from tests.support.market import bar
from tests.support.watch.browsers import Look


def test_columns_sort_and_rank_brings_back_the_order(look: Look, three: System) -> None:
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    board = viewer.page.locator("#board-gainers")
    header = board.get_by_role("columnheader", name="Price")

    # When a title is clicked, once and again
    header.get_by_role("button").click()
    viewer.sees("gainers", "MSFT", "AAPL", "NEW")
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(board.locator(".note")).to_have_text("sorted by Price, highest first")
    header.get_by_role("button").click()
    viewer.sees("gainers", "NEW", "AAPL", "MSFT")
    expect(header).to_have_attribute("aria-sort", "ascending")

    # Then what comes is sorted as well
    three.process([bar("NEW", "09:30:10", close=20.0, av=600)])
    viewer.sees("gainers", "AAPL", "NEW", "MSFT")

    # And a third click brings the ranks back, of this board alone
    header.get_by_role("button").click()
    viewer.sees("gainers", "NEW", "AAPL", "MSFT")
    expect(header).not_to_have_attribute("aria-sort", re.compile("."))
    expect(board.locator(".note")).to_have_text("by % since open")
    viewer.sees("volume", "AAPL", "MSFT", "NEW")


def test_filters_choose(look: Look, three: System) -> None:
    viewer = look()
    cases = [
        ({"min_price": "12", "max_price": "$44.00"}, ["AAPL", "MSFT"]),
        ({"max_float": "5M"}, ["AAPL"]),
        ({"max_float": ".05b"}, ["AAPL", "MSFT"]),
        ({"min_relative_volume": "10"}, ["MSFT"]),
        ({"min_volume": "1k"}, ["AAPL", "MSFT"]),
        ({"min_volume": "1,000", "min_relative_volume": "5"}, ["MSFT"]),
        ({"min_change": "10"}, ["AAPL", "MSFT"]),
    ]
    for filters, left in cases:
        # When filters are given to a board, then the symbols that pass all of them are left on it
        viewer.filter("gainers", **filters)
        viewer.sees("gainers", *left)
        expect(viewer.page.locator("#board-gainers .count")).to_have_text(f"{len(left)} of 3")
        viewer.sees("volume", "AAPL", "MSFT", "NEW")

        # And once they are cleared all are there again
        viewer.filters("gainers").get_by_role("button", name="Clear all").click()
        viewer.page.keyboard.press("Escape")
        viewer.sees("gainers", "AAPL", "MSFT", "NEW")


def test_presets_and_the_filters_of_all_boards(look: Look, three: System) -> None:
    # Given a board's filters
    viewer = look()
    form = viewer.filters("gainers")
    expect(form.locator(".searched")).to_have_text("Chooses among the 3 symbols on the board.")

    # When a preset is clicked
    form.get_by_role("button", name="$2\u201320").click()

    # Then its filters are set, and each is one click away from being removed
    viewer.sees("gainers", "AAPL", "NEW")
    expect(form.get_by_role("button", name="$2\u201320")).to_have_attribute("aria-pressed", "true")
    viewer.sees("gappers", "AAPL", "MSFT", "NEW")

    # And all boards can have them
    form.get_by_role("button", name="Use on all boards").click()
    viewer.sees("gappers", "AAPL", "NEW")
    viewer.page.keyboard.press("Escape")
    viewer.page.locator("#board-gappers").get_by_role("button", name="Remove Price \u2264 20").click()
    viewer.sees("gappers", "AAPL", "MSFT", "NEW")
    viewer.sees("gainers", "AAPL", "NEW")


def test_what_filters_choose_from_follows_the_board(look: Look, market: System) -> None:
    # Given filters that were opened while the board had no rows
    viewer = look()
    searched = viewer.filters("gainers").locator(".searched")
    expect(searched).to_have_text("Chooses among the 0 symbols on the board.")

    # When a symbol comes onto the board
    market.process([bar("AAPL", "09:30:00", close=19.0, o=10.0, av=60_000)])

    # Then they say so
    expect(searched).to_have_text("Chooses among the 1 symbol on the board.")


def test_boards_by_percent_begin_with_a_floor_of_volume(look: Look, market: System) -> None:
    # Given a market in which ten symbols have traded more than the floor, and one less
    bars = [bar(f"S{i}", "09:30:00", close=10 + i, o=10.0, av=60_000) for i in range(9)]
    thin = bar("THIN", "09:30:00", close=90.0, o=10.0, av=100)
    market.process([*bars, thin])
    viewer = look()

    # Then it waits while fewer than ten symbols would pass
    viewer.sees("gainers", "THIN", *[f"S{i}" for i in reversed(range(9))])

    # And once they do, the thin symbol is gone from the boards by percent, and from no other
    market.process([bar("S9", "09:30:01", close=19.0, o=10.0, av=60_000)])
    viewer.sees("gainers", *[f"S{i}" for i in reversed(range(10))])
    expect(viewer.page.locator("#board-volume .row .symbol")).to_contain_text(["THIN"])

    # And the board says so, and one click removes the floor
    floor = viewer.page.locator("#board-gainers").get_by_role("button", name="50K+ volume")
    expect(floor).to_have_text("Remove 50K+ volume: 1 of 11 hiddenShow")
    floor.click()
    viewer.sees("gainers", "THIN", *[f"S{i}" for i in reversed(range(10))])


def test_filters_outlive_the_page_and_links_carry_them(look: Look, three: System) -> None:
    # Given a filter
    viewer = look()
    viewer.filter("gainers", min_volume="0.8K")
    viewer.sees("gainers", "AAPL", "MSFT")

    # Then it is there when the page is opened again
    viewer.open()
    viewer.sees("gainers", "AAPL", "MSFT")
    viewer.sees("gappers", "AAPL", "MSFT", "NEW")

    # And for who follows a link with filters, all boards have those
    other = look("?max_price=12&max_float=5M")
    other.sees("gainers", "AAPL")
    other.sees("volume", "AAPL")

    # And they are not kept: the next page has what its user chose before
    other.open()
    other.sees("gainers", "AAPL", "MSFT", "NEW")


def test_a_filter_that_is_no_number_is_named_and_passes_all(look: Look, three: System) -> None:
    viewer = look("?max_float=5M")
    viewer.sees("gainers", "AAPL")

    form = viewer.filters("gainers")
    form.locator("[name=max_float]").fill("small")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    expect(form.locator("[name=max_float]")).to_have_attribute("aria-invalid", "true")
    expect(form.locator(".mistake")).to_contain_text("is no number")

    form.locator("[name=max_float]").fill("1")
    nothing = viewer.page.locator("#board-gainers .nothing")
    expect(nothing).to_have_text("None of the 3 symbols on the board passes the filters")
    expect(form.locator(".mistake")).to_be_empty()
