"""Users follow symbols of their own, in lists."""

import pytest
from playwright.sync_api import Locator, Page, expect

from leaderboard.system import System
from tests.support.market import bar
from tests.support.waiting import eventually
from tests.support.watch.browsers import LAPTOP, PHONE, Look, Viewer

CLIPBOARD = ["clipboard-read", "clipboard-write"]


def watched(page: Page) -> Locator:
    return page.locator("#place-watchlist .watch-row:not(.titles) .symbol")


def figure(page: Page, symbol: str, field: str) -> Locator:
    return page.locator(f"#place-watchlist [data-symbol='{symbol}'] .{field}")


def add(viewer: Viewer, symbols: str) -> None:
    viewer.page.get_by_label("Symbols to add").fill(symbols)
    viewer.page.keyboard.press("Enter")


def copied(page: Page) -> str:
    expect(page.locator("#notice")).to_have_text("Copied the link.")
    link: str = page.evaluate("navigator.clipboard.readText()")
    return link


def test_a_key_watches_the_symbol_of_any_row(look: Look, three: System) -> None:
    # Given boards
    viewer = look()
    page = viewer.page
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    expect(page.locator("#place-watchlist .nothing")).to_be_visible()

    # When rows are watched, by keyboard alone and by mouse
    page.keyboard.press("3")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("w")
    page.locator("#board-volume .row").nth(1).click()
    page.keyboard.press("w")

    # Then they are followed, by each bar
    expect(watched(page)).to_have_text(["AAPL", "MSFT"])
    expect(figure(page, "MSFT", "close")).to_have_text("44.00")
    three.process([bar("MSFT", "09:30:10", close=43.0, av=3_000)])
    expect(figure(page, "MSFT", "close")).to_have_text("43.00")
    expect(figure(page, "MSFT", "pct_change")).to_have_text("+7.50%")
    expect(page.locator("#place-watchlist .watch-row.active .symbol")).to_have_text("MSFT")

    # And they are there when the page is opened again
    page.reload()
    expect(watched(page)).to_have_text(["AAPL", "MSFT"])

    # And the same key takes one off the list
    page.locator("#place-watchlist .symbol", has_text="MSFT").click()
    expect(page.locator("#quote h2")).to_have_text("MSFT")
    page.keyboard.press("w")
    expect(watched(page)).to_have_text(["AAPL"])
    expect(page.locator("#notice")).to_contain_text("MSFT removed from Watchlist.")

    # And the notice's button takes that back, and a key does it again
    page.get_by_role("button", name="Undo").click()
    expect(watched(page)).to_have_text(["AAPL", "MSFT"])
    page.keyboard.press("Shift+U")
    expect(watched(page)).to_have_text(["AAPL"])


def rows_in_view(page: Page) -> list[str]:
    """The symbols of the rows that are seen whole."""
    symbols: list[str] = page.locator("#place-watchlist .watch-rows").evaluate(
        """(list) => {
          const room = list.getBoundingClientRect();
          const isSeen = ({ top, bottom }) => top >= room.top - 1 && bottom <= room.bottom + 1;
          const rows = [...list.children].filter((row) => isSeen(row.getBoundingClientRect()));
          return rows.map((row) => row.dataset.symbol);
        }"""
    )
    return symbols


def test_a_laptop_has_room_for_eight_rows_beside_a_quote(look: Look, three: System) -> None:
    # Given a quote, and a list that is longer than its room
    viewer = look("?symbol=AAPL&list=Mine&watch=" + ",".join(f"S{n}" for n in range(30)))
    page = viewer.page
    expect(page.locator("#quote [data-field=close]")).not_to_be_empty()
    page.locator("#place-watchlist .visit").get_by_role("button", name="Keep").click()
    expect(watched(page)).to_have_count(30)
    eventually(lambda: rows_in_view(page)[:8] == [f"S{n}" for n in range(8)])

    # When a symbol is added, then its row is in view, and marked
    add(viewer, "MSFT")
    expect(page.locator("#place-watchlist .fresh .symbol")).to_have_text(["MSFT"])
    eventually(lambda: "MSFT" in rows_in_view(page))

    # And one that is there already is shown where it is
    add(viewer, "S3")
    expect(page.locator("#notice")).to_have_text("Mine has that already.")
    eventually(lambda: "S3" in rows_in_view(page))


def test_symbols_on_no_board_are_watched_as_well(look: Look, three: System) -> None:
    viewer = look()
    page = viewer.page
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When symbols are typed or pasted in any case, among them one that nobody knows yet
    add(viewer, "zzzz, aapl BRKpA\naapl")
    expect(watched(page)).to_have_text(["ZZZZ", "AAPL", "BRKpA"])
    expect(figure(page, "ZZZZ", "close")).to_have_text("-")
    expect(figure(page, "AAPL", "close")).to_have_text("12.00")

    # Then its first bar shows there
    three.process([bar("ZZZZ", "09:30:00", close=7.0)])
    expect(figure(page, "ZZZZ", "close")).to_have_text("7.00")

    # And once it has not traded for long while others do, its row says so, as boards do
    three.process([bar("AAPL", "09:34:10", close=12.5, av=5_000)])
    expect(figure(page, "ZZZZ", "close")).to_have_text("4m7.00")
    expect(figure(page, "AAPL", "close")).to_have_text("12.50")

    # And what is no symbol is refused in words
    add(viewer, "<b>")
    expect(page.locator("#notice")).to_contain_text("A symbol has letters")
    expect(watched(page)).to_have_count(3)


def test_the_order_is_the_users(look: Look, three: System) -> None:
    # Given a watchlist
    viewer = look()
    page, keyboard = viewer.page, viewer.page.keyboard
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    add(viewer, "AAPL MSFT NEW")
    expect(watched(page)).to_have_text(["AAPL", "MSFT", "NEW"])

    # When a row is moved by keyboard
    keyboard.press("Escape")
    page.get_by_role("grid", name="Symbols of the watchlist").focus()
    keyboard.press("ArrowDown")
    keyboard.press("Alt+ArrowDown")
    expect(watched(page)).to_have_text(["MSFT", "AAPL", "NEW"])
    keyboard.press("Alt+End")
    expect(watched(page)).to_have_text(["MSFT", "NEW", "AAPL"])

    # And one by mouse
    rows = page.locator("#place-watchlist .watch-row:not(.titles)")
    rows.nth(2).drag_to(rows.nth(0))
    expect(watched(page)).to_have_text(["AAPL", "MSFT", "NEW"])

    # And some are removed
    keyboard.press("Delete")
    expect(watched(page)).to_have_text(["MSFT", "NEW"])
    page.get_by_role("button", name="Remove NEW").click()

    # Then that is the list, also after the page was opened again
    expect(watched(page)).to_have_text(["MSFT"])
    page.reload()
    expect(watched(page)).to_have_text(["MSFT"])


def test_there_are_several_lists(look: Look, three: System) -> None:
    # Given a list
    viewer = look()
    page = viewer.page
    chooser, more = page.get_by_label("Watchlist shown"), page.get_by_role("button", name="More for watchlists")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    add(viewer, "AAPL")

    # When another one is made
    more.click()
    page.get_by_label("Name of the list").fill("Runners")
    page.keyboard.press("Enter")
    expect(watched(page)).to_have_count(0)
    add(viewer, "NEW")

    # Then each has its own symbols, and the window shows the chosen one when it is opened again
    chooser.select_option("Watchlist")
    expect(watched(page)).to_have_text(["AAPL"])
    chooser.select_option("Runners")
    expect(watched(page)).to_have_text(["NEW"])
    page.reload()
    expect(chooser).to_have_value("Runners")
    expect(watched(page)).to_have_text(["NEW"])

    # And it can be renamed, and deleted
    more.click()
    page.get_by_label("Name of the list").fill("Watchlist")
    page.get_by_role("button", name="Rename").click()
    expect(chooser).to_have_value("Watchlist 2")
    more.click()
    page.get_by_role("button", name="Delete this list").click()
    expect(chooser).to_have_value("Watchlist")
    expect(watched(page)).to_have_text(["AAPL"])

    # And its deletion is taken back by a key
    chooser.evaluate("(chooser) => chooser.blur()")
    page.keyboard.press("u")
    expect(chooser).to_have_value("Watchlist 2")
    expect(watched(page)).to_have_text(["NEW"])


def test_by_touch_rows_are_moved_and_sent_to_other_lists(look: Look, three: System) -> None:
    # Given a phone with two lists
    viewer = look(viewport=PHONE, has_touch=True)
    page = viewer.page
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    page.get_by_role("button", name="Watchlist", exact=True).tap()
    add(viewer, "AAPL MSFT NEW")
    more = page.get_by_role("button", name="More for watchlists")
    more.tap()
    page.get_by_label("Name of the list").fill("Runners")
    page.keyboard.press("Enter")
    page.get_by_label("Watchlist shown").select_option("Watchlist")
    expect(watched(page)).to_have_text(["AAPL", "MSFT", "NEW"])

    # When one is put onto the other list as well by its menu, and moved by it
    page.get_by_role("button", name="Move NEW, and more").tap()
    page.get_by_role("button", name="Add to Runners").tap()
    page.get_by_role("button", name="Move NEW, and more").tap()
    page.get_by_role("button", name="Move to the top").tap()
    expect(watched(page)).to_have_text(["NEW", "AAPL", "MSFT"])

    # And another is dragged by a finger
    grip, target = (
        page.get_by_role("button", name=f"Move {symbol}, and more").bounding_box() for symbol in ("MSFT", "NEW")
    )
    assert grip is not None
    assert target is not None
    finger = page.context.new_cdp_session(page)
    for type_, y in (("touchStart", grip["y"]), ("touchMove", grip["y"] - 20), ("touchMove", target["y"])):
        points = [{"x": grip["x"] + 10, "y": y + 10}]
        finger.send("Input.dispatchTouchEvent", {"type": type_, "touchPoints": points})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    # Then they are there
    expect(watched(page)).to_have_text(["MSFT", "NEW", "AAPL"])
    page.get_by_label("Watchlist shown").select_option("Runners")
    expect(watched(page)).to_have_text(["NEW"])
    assert viewer.spilt() == []


def test_a_list_is_copied_and_saved(look: Look, three: System) -> None:
    viewer = look("?list=Mine&watch=MSFT,ZZZZ", permissions=CLIPBOARD)
    page = viewer.page
    expect(figure(page, "MSFT", "close")).to_have_text("44.00")

    # When its rows are copied, then that is what is shown
    page.get_by_role("button", name="More for watchlists").click()
    page.get_by_role("button", name="Copy the rows").click()
    expect(page.locator("#notice")).to_have_text("Copied 2 rows.")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text == "Symbol\tPrice\tChg %\tVolume\nMSFT\t44.00\t+10.00%\t1.0K\nZZZZ\t-\t-\t-"

    # And the key saves the list while the keyboard is in it
    page.get_by_role("grid", name="Symbols of the watchlist").focus()
    with page.expect_download() as download:
        page.keyboard.press("e")
    assert download.value.suggested_filename.startswith("Mine 2026-11-20")
    assert download.value.path().read_text().splitlines() == [
        "symbol,close,pct_change,accumulated_volume",
        "MSFT,44,10,1000",
        "ZZZZ,,,",
    ]


def test_a_list_is_handed_on_by_link(look: Look, three: System) -> None:
    # Given a link to somebody's list
    sender = look(permissions=CLIPBOARD)
    sender.sees("gainers", "AAPL", "MSFT", "NEW")
    add(sender, "MSFT NEW")
    sender.page.get_by_role("button", name="More for watchlists").click()
    sender.page.get_by_role("button", name="Copy a link to this list").click()
    query = copied(sender.page).partition("/?")[2]
    assert query == "list=Watchlist&watch=MSFT,NEW"

    # When somebody with another list opens it
    viewer = look()
    page, visit = viewer.page, viewer.page.locator("#place-watchlist .visit")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    add(viewer, "AAPL")
    viewer.open(f"?{query}")

    # Then it is shown, and theirs is as it was
    expect(watched(page)).to_have_text(["MSFT", "NEW"])
    visit.get_by_role("button", name="Back to mine").click()
    expect(watched(page)).to_have_text(["AAPL"])

    # And it is another list of theirs once they keep it
    viewer.open(f"?{query}")
    visit.get_by_role("button", name="Keep").click()
    expect(visit).to_be_hidden()
    expect(page.get_by_label("Watchlist shown")).to_have_value("Watchlist 2")
    page.get_by_label("Watchlist shown").select_option("Watchlist")
    expect(watched(page)).to_have_text(["AAPL"])


def test_windows_show_the_same_lists(look: Look, three: System) -> None:
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    with viewer.page.context.expect_page() as opened:
        viewer.page.evaluate("window.open(location.href, '_blank', 'noopener')")
    add(viewer, "AAPL")
    expect(watched(opened.value)).to_have_text(["AAPL"])


@pytest.mark.parametrize("viewport", [PHONE, LAPTOP], ids=["phone", "laptop"])
def test_only_what_is_on_the_screen_is_followed(look: Look, three: System, viewport: dict[str, int]) -> None:
    # Given a watched symbol
    viewer = look("?list=Mine&watch=AAPL", viewport=viewport)
    page = viewer.page
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    page.keyboard.press("g")
    page.keyboard.press("w")
    expect(figure(page, "AAPL", "close")).to_have_text("12.00")
    viewer.keep(f"watchlist-{viewport['width']}")

    # When the panel is left, on a phone, then it is no longer there
    page.keyboard.press("g")
    page.keyboard.press("b")
    expect(watched(page)).to_be_visible(visible=viewport == LAPTOP)
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    assert viewer.spilt() == []
