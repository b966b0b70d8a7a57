"""Users choose which boards stand where, their columns, and screens of their own."""

import re

import pytest
from playwright.sync_api import Locator, expect

from leaderboard.system import System
from tests.support.market import bar
from tests.support.watch.browsers import WIDE, Look, Viewer


def shows(viewer: Viewer, *titles: str) -> None:
    """Wait until these are the panes, in this order."""
    expect(viewer.page.locator(".board h2")).to_have_text(list(titles))


def column_keys(viewer: Viewer, board: str) -> list[str]:
    """The columns that a board shows, in their order."""
    # How many fit is decided with the next frame.
    viewer.next_frame()
    cells = viewer.page.locator(f"#board-{board} .titles .cell")
    keys: list[str] = cells.evaluate_all("all => all.map((each) => each.classList[1])")
    return keys


def popup(viewer: Viewer, board: str, button: str) -> Locator:
    """A popup of a pane's heading, opened."""
    viewer.page.locator(f"#board-{board}").get_by_role("button", name=button).click()
    return viewer.page.locator(f"#board-{board} .popup:popover-open")


def test_boards_are_removed_added_and_kept(look: Look, three: System) -> None:
    # Given the usual boards
    viewer = look()
    viewer.sees("gappers", "AAPL", "MSFT", "NEW")

    # When one is removed
    popup(viewer, "gappers", "More for Gappers").get_by_role("button", name="Remove this board").click()

    # Then the others have its room, also when the page is opened again
    shows(viewer, "Volume", "Gainers")
    viewer.open()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    shows(viewer, "Volume", "Gainers")

    # And it can be added, at the end, and has the keyboard
    viewer.page.get_by_role("button", name="Add board").click()
    viewer.page.locator(".popup:popover-open").get_by_role("button", name="Gappers").click()
    viewer.sees("gappers", "AAPL", "MSFT", "NEW")
    shows(viewer, "Volume", "Gainers", "Gappers")
    expect(viewer.page.locator("#board-gappers").get_by_role("grid")).to_be_focused()


def test_panes_are_moved_and_sized_by_keyboard(look: Look, three: System) -> None:
    # Given panes side by side
    viewer = look()
    page, keyboard = viewer.page, viewer.page.keyboard
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    board = page.locator("#board-volume")

    # When the first is moved
    board.get_by_role("button", name="Move Volume").focus()
    keyboard.press("ArrowRight")

    # Then it stands behind its neighbour, shows what it showed, and the keyboard can go on
    shows(viewer, "Gappers", "Volume", "Gainers")
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    keyboard.press("ArrowRight")
    shows(viewer, "Gappers", "Gainers", "Volume")

    # When a border is moved
    border = page.get_by_role("separator", name="Width of Gappers")
    width = page.locator("#board-gappers").evaluate("(board) => board.offsetWidth")
    border.focus()
    for _ in range(4):
        keyboard.press("ArrowRight")

    # Then the pane before it is wider, also when the page is opened again
    expect(border).to_have_attribute("aria-valuenow", "120")
    assert page.locator("#board-gappers").evaluate("(board) => board.offsetWidth") > 1.15 * width
    viewer.open()
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    shows(viewer, "Gappers", "Gainers", "Volume")
    expect(page.get_by_role("separator", name="Width of Gappers")).to_have_attribute("aria-valuenow", "120")


def test_the_dock_is_sized_by_keyboard_and_mouse(look: Look, three: System) -> None:
    # Given the desk as it is at first
    viewer = look()
    page = viewer.page
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    divider = page.get_by_role("separator", name="Width of chart and lists")

    def width() -> float:
        found: float = page.locator("#dock").evaluate("(dock) => dock.offsetWidth")
        return found

    usual = width()

    # When the dock is made wider by keyboard, and again by mouse
    divider.focus()
    page.keyboard.press("ArrowLeft")
    by_keyboard = width()
    box = divider.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 4, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] - 96, box["y"] + 200, steps=3)
    page.mouse.up()

    # Then it is, also when the page is loaded again
    assert by_keyboard > usual + 40
    assert width() == pytest.approx(by_keyboard + 100, abs=4)
    wide = width()
    page.reload()
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    assert width() == pytest.approx(wide, abs=2)
    assert viewer.spilt() == []

    # And Enter brings the usual size back
    divider.press("Enter")
    assert width() == usual


MANY = "rank,symbol,close,pct_change,accumulated_volume,rvol,free_float,dollar_volume,pre_high,day_high,day_low"


def test_columns_beyond_the_right_side_are_named_and_reached(look: Look, three: System) -> None:
    # Given a board with more columns than it has room for beside two others
    viewer = look(f"#(boards:(panes:!((board:volume,columns:!({MANY})),(board:gappers),(board:gainers")
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    board = viewer.page.locator("#board-volume")

    def is_within(column: str) -> bool:
        """Whether a cell of the first row is seen whole."""
        cell, whole = board.locator(f".row .{column}").first.bounding_box(), board.bounding_box()
        assert cell is not None
        assert whole is not None
        return whole["x"] <= cell["x"] and cell["x"] + cell["width"] <= whole["x"] + whole["width"]

    # Then what ranks it is seen, and the others are named
    more = board.locator(".more-columns")
    expect(more).to_contain_text(re.compile(r"^\d more columns?: .*Low \u2192$"))
    assert is_within("accumulated_volume")
    assert not is_within("day_low")

    # When its user goes there, then they are seen, and so are the symbols
    more.click()
    expect(more).to_have_text("\u2190 First columns")
    assert is_within("day_low")
    assert is_within("symbol")


def test_a_pane_is_dragged_onto_another(look: Look, three: System) -> None:
    viewer = look()
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    grip = viewer.page.locator("#board-volume").get_by_role("button", name="Move Volume")
    grip.drag_to(viewer.page.locator("#board-gainers .titles"))
    shows(viewer, "Gappers", "Gainers", "Volume")


def test_columns_are_chosen_ordered_and_kept(look: Look, three: System) -> None:
    # Given a board, of which as many columns are shown as fit
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    usual = column_keys(viewer, "gainers")
    assert "free_float" not in usual

    # When one is added, one left out, and one moved, by keyboard
    chooser = popup(viewer, "gainers", "Columns of Gainers")
    chooser.get_by_role("checkbox", name=re.compile("^Float")).check()
    chooser.get_by_role("checkbox", name=re.compile("^Volume Shares")).uncheck()
    left = chooser.get_by_role("button", name="Float further left")
    left.focus()
    viewer.page.keyboard.press("Enter")

    # Then those are shown, and the keyboard can go on
    expect(chooser.get_by_role("button", name="Float further left")).to_be_focused()
    expected = [key for key in usual if key != "accumulated_volume"]
    expected.insert(len(expected) - 1, "free_float")
    assert column_keys(viewer, "gainers") == expected
    expect(viewer.cell("gainers", "AAPL", "free_float")).to_have_text("5.0M")

    # And they can be made wider
    width = viewer.cell("gainers", "AAPL", "free_float").evaluate("(cell) => cell.offsetWidth")
    chooser.get_by_role("button", name="Float wider").click()
    assert viewer.cell("gainers", "AAPL", "free_float").evaluate("(cell) => cell.offsetWidth") != width

    # And the page keeps them, until the usual ones are asked for
    viewer.open()
    expect(viewer.cell("gainers", "AAPL", "free_float")).to_have_text("5.0M")
    assert column_keys(viewer, "gainers") == expected
    popup(viewer, "gainers", "Columns of Gainers").get_by_role("button", name="Usual columns").click()
    assert column_keys(viewer, "gainers") == usual


def test_what_is_filtered_by_is_shown(look: Look, three: System) -> None:
    viewer = look(viewport=WIDE)
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    assert "free_float" not in column_keys(viewer, "gainers")

    viewer.filter("gainers", max_float="5M")
    viewer.sees("gainers", "AAPL")
    assert "free_float" in column_keys(viewer, "gainers")


def test_a_screen_is_made_on_the_page(look: Look, three: System) -> None:
    # Given the dialog for a screen of a board with a filter
    viewer = look()
    page = viewer.page
    viewer.sees("gappers", "AAPL", "MSFT", "NEW")
    popup(viewer, "gappers", "More for Gappers").get_by_role("button", name="Make a screen of this board").click()
    dialog = page.get_by_role("dialog", name="Make a screen")
    expect(dialog.get_by_label("Ranked by")).to_have_value("pct_change")

    # When what it ranks is filled in
    dialog.get_by_label("Title").fill("Cheap ones")
    dialog.get_by_label("Order").select_option("ascending")
    expect(dialog.locator(".found")).to_have_text("3 symbols of the whole market pass now")
    three.process([bar("DEAR", "09:30:04", close=90.0, o=90.0, av=10)])
    expect(dialog.locator(".found")).to_have_text("4 symbols of the whole market pass now")
    dialog.get_by_role("button", name="Add a condition").click()
    dialog.get_by_label("Comparison").select_option("<=")
    dialog.get_by_label("Number, or a field").fill("12")

    # Then it says how many symbols that are, as long as it is open, and how to declare it
    expect(dialog.locator(".found")).to_have_text("2 symbols of the whole market pass now")
    toml = dialog.get_by_label("The screen as TOML")
    expect(toml).to_have_value(re.compile('name = "cheap_ones"'))
    expect(toml).to_have_value(re.compile('"close <= 12"'))

    # And it is shown as a board, which follows the market
    dialog.get_by_role("button", name="Show it as a board").click()
    made = page.locator(".board", has=page.get_by_role("heading", name="Cheap ones"))
    expect(made.locator(".row .symbol")).to_have_text(["NEW", "AAPL"])
    three.process([bar("CHEAP", "09:30:05", close=1.0, o=1.0, av=10)])
    expect(made.locator(".row .symbol")).to_have_text(["CHEAP", "NEW", "AAPL"])

    # And it is there when the page is opened again
    viewer.open()
    expect(made.locator(".row .symbol")).to_have_text(["CHEAP", "NEW", "AAPL"])

    # And it can be changed, in its place, by numbers as people write them
    open_popup = page.locator(".popup:popover-open")
    made.get_by_role("button", name="More for Cheap ones").click()
    open_popup.get_by_role("button", name="Change this screen").click()
    changing = page.get_by_role("dialog", name="Change the screen")
    changing.get_by_label("Number, or a field").fill("0.001K")
    expect(changing.get_by_label("The screen as TOML")).to_have_value(re.compile('"close <= 1"'))
    changing.get_by_role("button", name="Change the board").click()
    expect(made.locator(".row .symbol")).to_have_text(["CHEAP"])

    # And it is offered once its board is removed
    made.get_by_role("button", name="More for Cheap ones").click()
    open_popup.get_by_role("button", name="Remove this board").click()
    expect(made).to_have_count(0)
    page.get_by_role("button", name="Add board").click()
    open_popup.get_by_role("button", name=re.compile("^Cheap ones")).click()
    expect(made.locator(".row .symbol")).to_have_text(["CHEAP"])


def test_a_mistake_in_a_screen_is_named(look: Look, three: System) -> None:
    # Given the dialog for a screen; of the gateway's answer the browser complains too
    viewer = look(complains=True)
    viewer.page.get_by_role("button", name="Add board").click()
    viewer.page.locator(".popup:popover-open").get_by_role("button", name="Make a screen").click()
    dialog = viewer.page.get_by_role("dialog", name="Make a screen")

    # Then its suggested title is replaced by what is typed
    assert viewer.page.evaluate("document.activeElement.selectionEnd") == len("Highest Chg %")
    viewer.page.keyboard.type("Mine")
    expect(dialog.get_by_label("Title")).to_have_value("Mine")

    # When a condition is none
    dialog.get_by_label("Number, or a field").first.fill("twelve")
    dialog.get_by_role("button", name="Remove this condition").last.click()

    # Then it says why, and neither shows it nor copies it
    expect(dialog.locator(".found")).to_contain_text("there is no field 'twelve'")
    expect(dialog.get_by_role("button", name="Show it as a board")).to_be_disabled()
    expect(dialog.get_by_role("button", name="Copy the TOML")).to_be_disabled()


def test_a_form_closes_when_the_keyboard_leaves_it(look: Look, three: System) -> None:
    # Given an open form of filters
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    form = viewer.filters("gainers")

    # When the keyboard goes on behind its last button
    form.get_by_role("button", name="Search the whole market").focus()
    viewer.page.keyboard.press("Tab")

    # Then it is closed, and the keyboard is where it went
    expect(form).to_be_hidden()
    expect(viewer.page.locator(":focus")).to_have_attribute("aria-label", "Columns of Gainers")


def test_filters_are_asked_of_the_whole_market(look: Look, three: System) -> None:
    # Given a filtered board
    viewer = look()
    viewer.filter("gainers", max_price="12")
    viewer.sees("gainers", "AAPL", "NEW")

    # When its user wants the whole market searched
    viewer.filters("gainers").get_by_role("button", name="Search the whole market").click()

    # Then a screen is in its place
    made = viewer.page.locator(".board", has=viewer.page.get_by_role("heading", name="Gainers, filtered"))
    expect(made.locator(".row .symbol")).to_have_text(["AAPL", "NEW"])
    shows(viewer, "Volume", "Gappers", "Gainers, filtered")


def test_six_panes_stand_in_rows(look: Look, three: System) -> None:
    # Given six panes, three of them screens of the page
    viewer = look(viewport=WIDE)
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    for _ in range(3):
        viewer.page.get_by_role("button", name="Add board").click()
        viewer.page.locator(".popup:popover-open").get_by_role("button", name="Make a screen").click()
        viewer.page.get_by_role("button", name="Show it as a board").click()

    # Then no more can be added, and none is cut
    expect(viewer.page.locator(".board")).to_have_count(6)
    viewer.page.set_viewport_size({"width": 1100, "height": 900})
    viewer.next_frame()
    tops = viewer.page.locator(".board").evaluate_all("all => all.map((each) => each.getBoundingClientRect().top)")
    assert len(set(tops)) > 1
    assert viewer.spilt() == []
