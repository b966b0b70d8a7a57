"""The boards on the page: they appear, move, scroll and clear."""

from datetime import date

import pytest
from playwright.sync_api import expect
from redis import Redis

from leaderboard.boards import BOARDS, BY_NAME
from leaderboard.system import System
from tests.support.market import TODAY, at, bar
from tests.support.watch.browsers import Look
from tests.support.watch.publications import publish

GAINERS = BY_NAME["gainers"]


def test_the_page_shows_every_board(look: Look) -> None:
    page = look().page
    boards = [[board.title, board.caption] for board in BOARDS]
    shown = page.locator(".board").evaluate_all(
        "all => all.map((each) => ['h2', '.note'].map((part) => each.querySelector(part).textContent))"
    )
    assert shown == boards
    assert page.locator(".tabs [role=tab]").all_text_contents() == [board.title for board in BOARDS]


def test_boards_appear_and_move(look: Look, three: System) -> None:
    # Given a page before boards of three symbols
    viewer = look()
    page = viewer.page
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    viewer.sees("gappers", "AAPL", "MSFT", "NEW")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    expect(viewer.cell("gainers", "MSFT", "close")).to_have_text("44.00")
    expect(page.locator("#session")).to_have_text("Regular session, Fri 20 Nov 2026")
    expect(page.locator("#clock")).to_have_text("09:30:03 ET")
    page.evaluate("document.querySelectorAll('#board-gainers .row').forEach((row, i) => { row.was = i + 1; })")

    # When the last overtakes the others
    three.process([bar("NEW", "09:30:10", close=6.0, av=5_000)])
    expect(page.locator("#state .what")).to_have_text("Live")

    # Then its row moves up, the same element, and shows that its price rose, not by colour alone
    viewer.sees("gainers", "NEW", "AAPL", "MSFT")
    viewer.sees("volume", "NEW", "AAPL", "MSFT")
    expect(viewer.cell("gainers", "NEW", "close")).to_have_text("\u25b26.00")
    expect(page.locator("#clock")).to_have_text("09:30:11 ET")
    rows = page.locator("#board-gainers .row")
    assert rows.evaluate_all("rows => rows.map((row) => row.was)") == [3, 1, 2]
    expect(viewer.cell("gainers", "NEW", "pct_change_since_open")).to_have_text("+100.00%")


def test_a_change_flashes_but_for_who_wants_no_motion(look: Look, three: System) -> None:
    # Given two viewers, one of whom wants no motion
    moved, still = look(), look(reduced_motion="reduce")
    for viewer in (moved, still):
        viewer.sees("gainers", "AAPL", "MSFT", "NEW")
        viewer.page.evaluate(
            """() => {
              const flashed = new Set();
              window.flashed = flashed;
              const observer = new MutationObserver((records) => {
                for (const { target } of records) if (target.dataset.flash) flashed.add(target);
              });
              observer.observe(document.body, { attributeFilter: ["data-flash"], subtree: true });
            }"""
        )

    # When a price falls
    three.process([bar("AAPL", "09:30:10", close=11.5, av=3_000)])

    # Then its prices flash for the first for a moment, and both see it
    for viewer, flashes in ((moved, len(BOARDS)), (still, 0)):
        for board in BOARDS:
            expect(viewer.cell(board.name, "AAPL", "close")).to_have_text("\u25bc11.50")
        assert viewer.page.evaluate("window.flashed.size") == flashes
        expect(viewer.page.locator("[data-flash]")).to_have_count(0)


def test_of_a_long_board_only_the_rows_in_view_are_on_the_page(look: Look, market: System) -> None:
    # Given a board of 500
    market.process([bar(f"S{i}", "09:30:00", close=10 + i / 100, o=10.0, av=1_000 - i) for i in range(500)])
    page = look().page
    board = page.locator("#board-volume")
    expect(board.locator(".count")).to_have_text("100+")
    assert board.locator(".row").count() < 100

    # When it is scrolled to the end of the first hundred, which is all that is sent of it at first
    scroll = "(grid) => grid.scrollTo(0, grid.scrollHeight)"
    grid = board.get_by_role("grid")
    grid.evaluate(scroll)

    # Then the others come, and the last is there, with its number for screen readers
    expect(board.locator(".count")).to_have_text("500")
    grid.evaluate(scroll)
    last = board.locator(".row").last
    expect(last.locator(".symbol")).to_have_text("S499")
    expect(last).to_have_attribute("aria-rowindex", "501")
    expect(grid).to_have_attribute("aria-rowcount", "501")


def test_boards_clear_at_a_reset(look: Look, three: System, redis: Redis) -> None:
    # Given boards of a session
    viewer = look()
    viewer.sees("gappers", "AAPL", "MSFT", "NEW")

    # When the next day's first bar comes
    three.process([bar("AAPL", "04:00:00", TODAY.replace(day=23), close=12.0)])

    # Then nothing is left of the day before
    viewer.sees("gappers", "AAPL")
    expect(viewer.page.locator("#session")).to_have_text("Pre-market, Mon 23 Nov 2026")

    # And an emptied board is empty, and says so
    publish(redis, GAINERS, "[]")
    viewer.sees("gainers")
    expect(viewer.page.locator("#board-gainers .nothing")).to_have_text("No symbols yet")


@pytest.mark.parametrize(
    ("moment", "name"),
    [("12:59:59", "Regular session"), ("13:00:00", "After hours"), ("17:00:00", "Market closed")],
)
def test_an_early_close_begins_the_after_hours(look: Look, system: System, moment: str, name: str) -> None:
    # Given boards whose newest bar ends at that time of the day after Thanksgiving
    day = date(2026, 11, 27)
    system.process([bar("AAPL", "12:00:00", day, e=at(moment, day))])
    system.publish()

    # Then the page names the hours
    expect(look().page.locator("#session")).to_contain_text(f"{name}, Fri 27 Nov 2026")
