"""What a board shows is taken to other programs."""

import csv
from pathlib import Path

from playwright.sync_api import expect

from leaderboard.system import System
from tests.support.watch.browsers import Look


def test_the_rows_of_a_board_are_copied_and_saved(look: Look, three: System, tmp_path: Path) -> None:
    # Given a board that is filtered and sorted
    viewer = look("?max_price=20", permissions=["clipboard-read", "clipboard-write"])
    page = viewer.page
    viewer.sees("gainers", "AAPL", "NEW")
    page.locator("#board-gainers").get_by_role("columnheader", name="Price").get_by_role("button").click()
    page.locator("#board-gainers").get_by_role("columnheader", name="Price").get_by_role("button").click()
    viewer.sees("gainers", "NEW", "AAPL")

    # When its rows are copied by key, then they are those on the screen
    page.keyboard.press("3")
    page.keyboard.press("y")
    expect(page.locator("#notice")).to_have_text("Copied 2 rows.")
    titles, *rows = page.evaluate("navigator.clipboard.readText()").split("\n")
    assert titles.split("\t")[:3] == ["#", "Symbol", "Price"]
    assert [row.split("\t")[:3] for row in rows] == [["3", "NEW", "3.15"], ["1", "AAPL", "12.00"]]

    # And saved by the board's menu, then they are the same ones, with all digits
    page.get_by_role("button", name="More for Gainers").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Save the rows as CSV").click()
    assert download.value.suggested_filename == "Gainers 2026-11-20 09.30.03.csv"
    file = tmp_path / "rows.csv"
    download.value.save_as(file)
    with file.open(newline="") as lines:
        saved = list(csv.DictReader(lines))
    assert [row["symbol"] for row in saved] == ["NEW", "AAPL"]
    assert [float(row["close"]) for row in saved] == [3.15, 12.0]
