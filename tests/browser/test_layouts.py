"""The arrangement of the desk: in the address, under names, in files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from redis import Redis

from config.settings import SHIPPED_SCREENS
from leaderboard import keys
from leaderboard.screens import screens_file
from leaderboard.screens.definition import encode
from leaderboard.system import System
from tests.support.watch.browsers import Look, Viewer
from tests.support.watch.publications import publish


@pytest.fixture(autouse=True)
def screens(three: System, redis: Redis) -> Iterator[None]:
    """A market, and the shipped screens, which are empty."""
    definitions = [screen.definition for screen in screens_file.load(SHIPPED_SCREENS)]
    redis.set(keys.SCREENS, encode(definitions))
    for definition in definitions:
        publish(redis, definition, b"[]")
    yield
    redis.delete(keys.SCREENS, *(definition.scanner for definition in definitions))


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="Layouts")


def open_dialog(page: Page) -> Locator:
    page.get_by_role("button", name="Layouts").click()
    return dialog(page)


def choose(viewer: Viewer, before: str, after: str) -> None:
    """Show another board in the place of one, and wait until the address says so."""
    chooser = viewer.page.locator(f"#board-{before} .chooser")
    # The list of boards is asked for when it is opened.
    chooser.focus()
    chooser.select_option(after)
    address_says(viewer.page, after)


def address_says(page: Page, text: str) -> None:
    page.wait_for_function("(text) => location.hash.includes(text)", arg=text)


def sees_boards(page: Page, *names: str) -> None:
    """Wait until these boards are shown, in this order."""
    page.wait_for_function(
        """(names) => {
          const boards = [...document.querySelectorAll(".board")];
          return boards.map(({ id }) => id.replace("board-", "")).join() === names.join();
        }""",
        arg=names,
    )


def test_the_address_holds_the_layout_and_a_reader_keeps_theirs(look: Look) -> None:
    # Given somebody with a layout of their own, and a link to another one
    sender = look()
    sender.sees("gainers", "AAPL", "MSFT", "NEW")
    choose(sender, "gainers", "losers")
    link = sender.page.url.partition("/#")[2]
    assert link == "(boards:(panes:!((board:volume),(board:gappers),(board:losers"
    viewer = look()
    page = viewer.page
    choose(viewer, "volume", "dollar_volume")

    # When they open the link
    page.goto("about:blank")
    viewer.open(f"#{link}")

    # Then it shows what the sender sees, says so, and goes on doing so where it is opened again
    expect(page.locator("#notice")).to_contain_text("A link brought this layout")
    sees_boards(page, "volume", "gappers", "losers")
    choose(viewer, "volume", "runners")
    page.reload()
    sees_boards(page, "runners", "gappers", "losers")

    # And their own layout is as it was
    open_dialog(page).get_by_role("button", name="Back to mine").click()
    expect(dialog(page)).to_be_hidden()
    sees_boards(page, "dollar_volume", "gappers", "gainers")


def test_a_link_changes_nothing_that_its_reader_keeps(look: Look) -> None:
    # Given a reader with a layout, a filter and two lists of their own
    stored = "JSON.stringify(Object.entries(localStorage).sort())"
    viewer = look()
    page = viewer.page
    choose(viewer, "volume", "dollar_volume")
    viewer.filter("gappers", min_price="3")
    address_says(page, "min_price")
    page.get_by_label("Symbols to add").fill("AAPL")
    page.keyboard.press("Enter")
    before = page.evaluate(stored)
    address = page.url

    # When they open a link with a layout, filters and a list, and change each of them
    page.goto("about:blank")
    link = "#(boards:(panes:!((board:gainers,filters:(min_price:~2)),(board:runners))),desk:(width:0.5"
    viewer.open(f"?list=Theirs&watch=MSFT,NEW&max_price=20{link}")
    sees_boards(page, "gainers", "runners")
    viewer.filter("gainers", max_price="30")
    page.get_by_label("Symbols to add").fill("ZZZZ")
    page.keyboard.press("Enter")
    expect(page.locator(".watch-row:not(.titles) .symbol")).to_have_text(["MSFT", "NEW", "ZZZZ"])

    # Then what the browser has stored is as it was, and so is what they see without the link
    assert page.evaluate(stored) == before
    page.goto("about:blank")
    viewer.open(f"#{address.partition('#')[2]}")
    sees_boards(page, "dollar_volume", "gappers", "gainers")
    expect(page.locator("#notice")).to_be_empty()
    expect(page.locator(".watch-row:not(.titles) .symbol")).to_have_text(["AAPL"])


def test_a_layout_of_a_link_is_kept_where_it_is_announced(look: Look) -> None:
    viewer = look("#(boards:(panes:!((board:gainers),(board:losers")
    page = viewer.page
    page.get_by_role("button", name="Keep this one").click()
    expect(page.locator("#notice")).to_contain_text("This layout is yours from now on.")
    page.goto("about:blank")
    viewer.open()
    sees_boards(page, "gainers", "losers")


def test_a_layout_of_a_link_can_be_taken_over(look: Look) -> None:
    # Given a page that somebody opened by a link
    viewer = look("#(boards:(panes:!((board:gainers),(board:losers")
    page = viewer.page
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When they make it theirs
    open_dialog(page).get_by_role("button", name="Make it mine").click()
    expect(page.get_by_role("button", name="Make it mine")).to_be_hidden()

    # Then a new window shows it too
    with page.context.expect_page() as opened:
        page.evaluate("window.open(location.pathname, '_blank', 'noopener')")
    expect(opened.value.locator("#board-losers")).to_be_visible()
    sees_boards(opened.value, "gainers", "losers")


def test_windows_keep_their_own_layouts(look: Look) -> None:
    # Given two windows of a browser
    viewer = look()
    first = viewer.page
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    with first.context.expect_page() as opened:
        first.evaluate("window.open(location.pathname, '_blank', 'noopener')")
    second = opened.value
    expect(second.locator("#board-gainers")).to_be_visible()

    # When the board of the second is changed
    second.locator("#board-gainers .chooser").focus()
    second.locator("#board-gainers .chooser").select_option("losers")
    address_says(second, "losers")

    # Then the first is as it was, also once it is loaded again
    first.reload()
    expect(first.locator("#board-gainers")).to_be_visible()
    sees_boards(first, "volume", "gappers", "gainers")

    # And a window that is opened from then on begins with the layout that was changed last
    with first.context.expect_page() as opened:
        first.evaluate("window.open(location.pathname, '_blank', 'noopener')")
    expect(opened.value.locator("#board-losers")).to_be_visible()


def test_layouts_are_kept_by_name_and_presets_are_there(look: Look) -> None:
    # Given a layout that was kept
    viewer = look()
    page = viewer.page
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    choose(viewer, "gainers", "losers")
    open_dialog(page).get_by_label("Name of this layout").fill("Mine")
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_role("button", name="Mine", exact=True)).to_be_visible()
    viewer.keep("layouts")

    # When a preset is chosen
    dialog(page).get_by_role("button", name="Morning").click()
    expect(page.locator("#board-small_caps")).to_be_visible()
    sees_boards(page, "gappers", "small_caps", "relative_volume")
    address_says(page, "small_caps")
    address_says(page, "minutes:5")

    # And the arrangement that it replaced is one click away
    page.get_by_role("button", name="Undo").click()
    sees_boards(page, "volume", "gappers", "losers")
    page.get_by_role("button", name="Redo").click()
    sees_boards(page, "gappers", "small_caps", "relative_volume")

    # Then the kept one is there again by one click, also after the page was opened again
    page.reload()
    page.keyboard.press("v")
    dialog(page).get_by_role("button", name="Mine", exact=True).click()
    expect(page.locator("#board-losers")).to_be_visible()
    sees_boards(page, "volume", "gappers", "losers")

    # And it can be deleted, which can be taken back as well
    kept = open_dialog(page).get_by_role("button", name="Mine", exact=True)
    dialog(page).get_by_role("button", name="Delete the layout Mine").click()
    expect(kept).to_be_hidden()
    dialog(page).get_by_role("button", name="Undo").click()
    expect(kept).to_be_visible()


def test_layouts_and_watchlists_go_to_another_browser_as_a_file(look: Look, tmp_path: Path) -> None:
    # Given a layout, a kept one and a watchlist
    sender = look()
    page = sender.page
    sender.sees("gainers", "AAPL", "MSFT", "NEW")
    page.get_by_label("Symbols to add").fill("MSFT")
    page.keyboard.press("Enter")
    choose(sender, "gainers", "losers")
    open_dialog(page).get_by_label("Name of this layout").fill("Mine")
    page.keyboard.press("Enter")

    # When they are exported
    with page.expect_download() as download:
        dialog(page).get_by_role("button", name="Export to a file").click()
    assert download.value.suggested_filename == "leaderboards-desk.json"
    file = tmp_path / "desk.json"
    download.value.save_as(file)
    content: dict[str, Any] = json.loads(file.read_text())
    assert list(content["layouts"]) == ["Mine"]

    # Then another browser shows all of it once it has the file
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    open_dialog(viewer.page).get_by_label("Import a file").set_input_files(file)
    expect(viewer.page.locator("#board-losers")).to_be_visible()
    expect(dialog(viewer.page).get_by_role("button", name="Mine", exact=True)).to_be_visible()
    expect(viewer.page.locator(".watch-row:not(.titles) .symbol")).to_have_text(["MSFT"])

    # And a file that holds none says so, and changes nothing
    file.write_text('{"format": "another"}')
    viewer.page.get_by_label("Import a file").set_input_files(file)
    expect(viewer.page.locator("#notice")).to_have_text("This file holds no layouts.")
    sees_boards(viewer.page, "volume", "gappers", "losers")


def test_an_address_that_is_broken_shows_the_users_own(look: Look) -> None:
    for broken in ("#(boards", "#(boards:(panes:3),watch:1", "#%28%E0", "#(boards:(panes:!((board:no_such_board"):
        viewer = look(broken)
        viewer.sees("volume", "AAPL", "MSFT", "NEW")


def test_without_storage_layouts_work_while_the_page_is_open(look: Look) -> None:
    script = "".join(
        f"Object.defineProperty(window, '{area}', {{ get() {{ throw new DOMException('', 'SecurityError'); }} }});"
        for area in ("localStorage", "sessionStorage")
    )
    viewer = look(script=script)
    page = viewer.page
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    choose(viewer, "gainers", "losers")
    open_dialog(page).get_by_label("Name of this layout").fill("Mine")
    page.keyboard.press("Enter")
    dialog(page).get_by_role("button", name="Usual").click()
    sees_boards(page, "volume", "gappers", "gainers")
    open_dialog(page).get_by_role("button", name="Mine", exact=True).click()
    sees_boards(page, "volume", "gappers", "losers")


def test_a_symbols_page_elsewhere_is_one_click_away(look: Look) -> None:
    # Given a selected symbol
    viewer = look("?symbol=MSFT")
    page = viewer.page
    expect(page.locator("#quote [data-field=close]")).not_to_be_empty()

    # When its page is wanted for the first time, then its address is asked for, which has to be one
    page.locator("#quote").get_by_role("button", name="Open the symbol's page elsewhere").click()
    asked = page.get_by_role("dialog", name="Symbols' pages elsewhere")
    template = asked.get_by_role("textbox")
    template.fill("javascript:alert('{symbol}')")
    page.keyboard.press("Enter")
    expect(asked.get_by_role("alert")).to_contain_text("That is no address")
    template.fill(page.url.split("?")[0] + "?elsewhere={symbol}")
    with page.context.expect_page() as opened:
        page.keyboard.press("Enter")
    assert opened.value.url.endswith("?elsewhere=MSFT")
    expect(asked).to_be_hidden()

    # And from then on the key opens it, in a tab that cannot reach this one, and the menu of any row another's
    with page.context.expect_page() as opened:
        page.keyboard.press("o")
    assert opened.value.url.endswith("?elsewhere=MSFT")
    assert opened.value.evaluate("opener") is None
    page.locator("#board-gainers .row", has_text="AAPL").click(button="right")
    with page.context.expect_page() as opened:
        page.get_by_role("dialog", name="AAPL").get_by_role("button", name="Open AAPL elsewhere").click()
    assert opened.value.url.endswith("?elsewhere=AAPL")
