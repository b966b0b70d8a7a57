"""One symbol is selected on the whole desk."""

from playwright.sync_api import expect

from leaderboard.boards import BOARDS
from leaderboard.system import System
from tests.support.watch.browsers import Look, Viewer


def marks(viewer: Viewer, *symbols: str) -> None:
    """Wait until the rows of these symbols are marked, board by board, and no others."""
    rows = viewer.page.locator("[role=row][aria-selected=true] .symbol")
    expect(rows).to_have_text(list(symbols))


def test_a_symbol_is_marked_once_in_every_board(look: Look, three: System) -> None:
    # Given boards
    viewer = look()
    page, heading = viewer.page, viewer.page.locator("#quote h2")
    for board in BOARDS:
        viewer.sees(board.name, "AAPL", "MSFT", "NEW")

    # When a row of one is clicked, then the symbol is marked in each, and nothing else is
    page.locator("#board-gainers .row").nth(1).click()
    expect(heading).to_have_text("MSFT")
    marks(viewer, *["MSFT"] * len(BOARDS))

    # And the arrows go on from there, with quote and marks
    page.keyboard.press("ArrowDown")
    expect(heading).to_have_text("NEW")
    marks(viewer, *["NEW"] * len(BOARDS))

    # And a row of another board is marked instead
    page.locator("#board-volume .row").first.click()
    expect(heading).to_have_text("AAPL")
    marks(viewer, *["AAPL"] * len(BOARDS))

    # And it stays selected once the quote is closed, until a click on it opens the quote again
    page.keyboard.press("Escape")
    expect(page.locator("#quote")).to_be_hidden()
    marks(viewer, *["AAPL"] * len(BOARDS))
    assert page.url.endswith("?symbol=AAPL")
    page.locator("#board-gainers .row", has_text="AAPL").click()
    expect(heading).to_be_visible()

    # And arrows do not open it again, nor does the page that is loaded again
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#board-volume .row[aria-selected=true] .symbol")).to_have_text("MSFT")
    page.reload()
    expect(page.locator("#board-volume .row[aria-selected=true] .symbol")).to_have_text("MSFT")
    expect(page.locator("#quote")).to_be_hidden()
    page.locator("#board-gainers .row", has_text="AAPL").click()
    expect(page.locator("#quote [data-field=close]")).to_have_text("12.00")


def test_before_a_symbol_is_selected_arrows_open_no_quote(look: Look, three: System) -> None:
    # Given a board that the keyboard is at
    viewer = look()
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    viewer.page.keyboard.press("1")

    # When it goes to a row, then no quote is opened until Enter
    viewer.page.keyboard.press("ArrowDown")
    marks(viewer, "AAPL")
    expect(viewer.page.locator("#quote")).to_be_hidden()
    viewer.page.keyboard.press("Enter")
    expect(viewer.page.locator("#quote h2")).to_have_text("AAPL")
    assert viewer.page.url.endswith("?symbol=AAPL")


def test_a_board_that_is_chosen_later_marks_it_too(look: Look, three: System) -> None:
    viewer = look("?symbol=MSFT")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    expect(viewer.page.locator("#quote [data-field=close]")).not_to_be_empty()

    viewer.page.locator("#board-volume .chooser").select_option("gainers")
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    marks(viewer, *["MSFT"] * len(BOARDS))
