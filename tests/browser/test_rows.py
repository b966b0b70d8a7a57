"""What rows show besides their numbers, and how they are marked."""

import re

from playwright.sync_api import expect

from leaderboard.system import System
from tests.support.market import bar
from tests.support.watch.browsers import WIDE, Look


def test_a_symbol_that_stopped_trading_is_dimmed_with_its_age(look: Look, three: System) -> None:
    # Given symbols that have traded
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    row = viewer.page.locator("#board-gainers .row", has_text="AAPL")
    expect(row).not_to_have_class(re.compile("stopped"))

    # When one trades four minutes later
    three.process([bar("NEW", "09:34:10", close=3.2, o=3.0, av=600)])

    # Then the others are dimmed, and say for how long they have not
    expect(row).to_have_class(re.compile("stopped"))
    expect(viewer.cell("gainers", "AAPL", "close")).to_have_text("4m12.00")
    expect(viewer.cell("gainers", "AAPL", "close")).to_have_attribute("title", "No trades for 4 min")
    expect(viewer.page.locator("#board-gainers .row", has_text="NEW")).not_to_have_class(re.compile("stopped"))

    # And no more once they trade again
    three.process([bar("AAPL", "09:34:11", close=12.5, av=3_000)])
    expect(viewer.cell("gainers", "AAPL", "close")).to_have_text("\u25b212.50")
    expect(row).not_to_have_class(re.compile("stopped"))


def test_large_changes_are_tinted_and_what_ranks_is_bold(look: Look, three: System) -> None:
    viewer = look(viewport=WIDE)
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    change = viewer.cell("gainers", "AAPL", "pct_change_since_open")
    expect(change).to_have_class(re.compile("ranking.*tint-up-2"))
    expect(viewer.cell("gainers", "NEW", "pct_change_since_open")).not_to_have_class(re.compile("tint"))
    weights = [
        viewer.cell("gainers", "AAPL", column).evaluate("(cell) => getComputedStyle(cell).fontWeight")
        for column in ("pct_change_since_open", "accumulated_volume")
    ]
    assert int(weights[0]) > int(weights[1])


def test_a_symbol_is_selected_once_and_marked_on_all_boards(look: Look, three: System) -> None:
    # Given a row that was clicked
    viewer = look()
    page = viewer.page
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    page.locator("#board-gainers .row", has_text="AAPL").click()

    # Then each board marks it
    marked = page.locator(".row[aria-selected=true] .symbol")
    expect(marked).to_have_text(["AAPL"] * 3)

    # And the arrow keys select the next one, everywhere
    page.keyboard.press("ArrowDown")
    expect(marked).to_have_text(["MSFT"] * 3)
    expect(page.locator("#quote h2")).to_have_text("MSFT")


def test_the_order_can_be_paused(look: Look, three: System) -> None:
    # Given a board whose order is paused
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    viewer.page.keyboard.press("p")

    # When the last overtakes the others, and another comes
    three.process(
        [
            bar("NEW", "09:30:10", close=6.0, o=3.0, av=5_000),
            bar("OTHER", "09:30:10", close=50.0, o=10.0, av=5_000),
        ]
    )

    # Then the numbers change, and the order does not
    expect(viewer.cell("gainers", "NEW", "close")).to_have_text("\u25b26.00")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    expect(viewer.page.locator("#board-gainers .note")).to_have_text("order paused, 1 waits")

    # And once it goes on, they are in their places
    viewer.page.get_by_role("button", name="Order paused").click()
    viewer.sees("gainers", "OTHER", "NEW", "AAPL", "MSFT")


def test_letters_with_more_space_are_not_cut(look: Look, three: System) -> None:
    # Given a page whose user spaces letters and words as WCAG 1.4.12 allows
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    viewer.page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync("* { letter-spacing: .12em !important; word-spacing: .16em !important; }");
          document.adoptedStyleSheets = [sheet];
        }"""
    )
    viewer.next_frame()
    viewer.next_frame()

    # Then no cell is cut
    cut = viewer.page.locator(".row .cell").evaluate_all(
        "all => all.filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.textContent)"
    )
    assert cut == []


def test_only_texts_that_may_be_too_long_are_clipped(look: Look, three: System) -> None:
    # Given a board on which all texts have room, then none is clipped, which would cost the browser time
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    change = viewer.cell("gainers", "AAPL", "pct_change_since_open")
    expect(change).to_have_css("overflow-x", "visible")

    # And a change of four digits, which needs most of its column, is
    three.process([bar("AAPL", "09:31:10", close=500.0, av=3_000)])
    expect(change).to_have_css("overflow-x", "hidden")
