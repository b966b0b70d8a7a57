"""Keys do what the help says, except where the user types."""

from playwright.sync_api import Page, expect

from leaderboard.system import System
from tests.support.watch.browsers import PHONE, Look

READ_CLIPBOARD = "navigator.clipboard.readText()"


def focused_board(page: Page) -> str | None:
    name: str | None = page.evaluate("document.activeElement.closest('.board')?.id")
    return name


def test_a_key_goes_to_each_board(look: Look, three: System) -> None:
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    for key, board in (("1", "board-volume"), ("3", "board-gainers"), ("2", "board-gappers")):
        viewer.page.keyboard.press(key)
        assert focused_board(viewer.page) == board

    # Where there is no such board, the keyboard stays
    viewer.page.keyboard.press("6")
    assert focused_board(viewer.page) == "board-gappers"


def test_on_a_phone_the_key_shows_the_board(look: Look, three: System) -> None:
    viewer = look(viewport=PHONE)
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    viewer.page.keyboard.press("3")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    assert focused_board(viewer.page) == "board-gainers"


def test_a_key_copies_the_symbol(look: Look, three: System) -> None:
    # Given a selected symbol, and one that the keyboard is at
    viewer = look(permissions=["clipboard-read", "clipboard-write"])
    page, notice = viewer.page, viewer.page.locator("#notice")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When nothing is selected, then the page says what to do
    page.keyboard.press("c")
    expect(notice).to_contain_text("Choose a symbol first")

    # When the keyboard is at a row, or a symbol is selected, then that is copied
    page.keyboard.press("3")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("c")
    expect(notice).to_have_text("Copied AAPL.")
    assert page.evaluate(READ_CLIPBOARD) == "AAPL"
    page.locator("#board-gainers .row").nth(1).click()
    page.keyboard.press("c")
    expect(notice).to_have_text("Copied MSFT.")
    assert page.evaluate(READ_CLIPBOARD) == "MSFT"


def test_without_a_clipboard_symbols_are_copied_as_well(look: Look, three: System) -> None:
    """Browsers have none where the page came without TLS from another machine."""
    script = "Object.defineProperty(navigator, 'clipboard', { get: () => undefined })"
    viewer = look("?symbol=MSFT", script=script)
    page = viewer.page
    expect(page.locator("#quote [data-field=close]")).not_to_be_empty()

    page.keyboard.press("1")
    page.keyboard.press("c")
    expect(page.locator("#notice")).to_have_text("Copied MSFT.")
    assert focused_board(page) == "board-volume"
    page.focus("#symbol")
    page.keyboard.press("Control+v")
    expect(page.locator("#symbol")).to_have_value("MSFT")


def test_keys_are_letters_where_the_user_types(look: Look, three: System) -> None:
    # Given an input that has the keyboard
    viewer = look("?symbol=AAPL")
    page = viewer.page
    expect(page.locator("#quote [data-field=close]")).not_to_be_empty()
    page.keyboard.press("/")

    # Then letters go there
    page.keyboard.type("1c?/")
    expect(page.locator("#symbol")).to_have_value("1c?/")
    expect(page.locator("#help")).to_be_hidden()

    # And Escape closes one thing, the innermost: first it leaves the input
    page.keyboard.press("Escape")
    expect(page.locator("#symbol")).not_to_be_focused()
    expect(page.locator("#symbol")).to_have_value("1c?/")
    expect(page.locator("#quote")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#quote")).to_be_hidden()


def test_a_key_that_is_held_down_acts_once(look: Look, three: System) -> None:
    page = look("?symbol=AAPL").page
    expect(page.locator("#quote [data-field=close]")).not_to_be_empty()
    for _ in range(2):
        page.keyboard.down("w")
    page.keyboard.up("w")
    expect(page.locator("#notice")).to_contain_text("AAPL added to Watchlist.")


def test_the_help_lists_the_keys_and_turns_them_off(look: Look, three: System) -> None:
    # Given the help
    viewer = look()
    page, help_ = viewer.page, viewer.page.locator("#help")
    page.keyboard.press("?")
    expect(help_.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    expect(help_.locator(".key-line", has=page.get_by_text("Copy the symbol"))).to_contain_text("c")
    viewer.keep("help")

    # When letters are turned off, as those who dictate do, then they do nothing from then on
    help_.get_by_label("Letters and signs work as shortcuts").uncheck()
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()
    page.reload()
    page.keyboard.press("?")
    page.keyboard.press("1")
    assert focused_board(page) is None

    # And a button brings them back
    page.get_by_role("button", name="Keyboard shortcuts").click()
    help_.get_by_label("Letters and signs work as shortcuts").check()
    help_.get_by_role("button", name="Close").click()
    page.keyboard.press("1")
    assert focused_board(page) == "board-volume"
