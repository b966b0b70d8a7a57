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
    ]
    for filters, left in cases:
        # When filters are given, then the symbols that pass all of them are left
        for name, text in filters.items():
            viewer.page.fill(f"#{name}", text)
        viewer.sees("gainers", *left)
        expect(viewer.page.locator("#board-gainers .count")).to_have_text(f"{len(left)} of 3")

        # And once they are cleared all are there again
        viewer.page.click("#clear")
        viewer.sees("gainers", "AAPL", "MSFT", "NEW")


def test_filters_outlive_the_tab_and_can_be_shared(look: Look, three: System) -> None:
    # Given a filter
    viewer = look()
    viewer.page.fill("#min_volume", "0.8K")
    viewer.sees("gainers", "AAPL", "MSFT")

    # Then it is in the address
    assert viewer.page.url.endswith("/?min_volume=0.8K")

    # And it is there when the page is opened without
    viewer.open()
    viewer.sees("gainers", "AAPL", "MSFT")

    # And for who gets the address, it is what the address says
    other = look("?max_price=12&max_float=5M")
    other.sees("gainers", "AAPL")
    other.page.click("#clear")
    other.sees("gainers", "AAPL", "MSFT", "NEW")
    assert other.page.url.endswith("/")


def test_a_filter_that_is_no_number_is_named_and_passes_all(look: Look, three: System) -> None:
    viewer = look("?max_float=5M")
    viewer.sees("gainers", "AAPL")

    viewer.page.fill("#max_float", "small")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    expect(viewer.page.locator("#max_float")).to_have_attribute("aria-invalid", "true")
    expect(viewer.page.locator("#mistake")).to_contain_text("is no number")

    viewer.page.fill("#max_float", "1")
    expect(viewer.page.locator("#board-gainers .nothing")).to_have_text("No symbol passes the filters")
    expect(viewer.page.locator("#mistake")).to_be_empty()
