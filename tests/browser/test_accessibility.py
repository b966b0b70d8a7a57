"""Users without a mouse or with weak sight can use the page."""

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from leaderboard.boards import BOARDS
from leaderboard.system import System
from tests.support.market import bar
from tests.support.watch.browsers import LAPTOP, PHONE, Look

#: 1280 pixels at 400 %.
ENLARGED: ViewportSize = {"width": 320, "height": 256}

#: What is wrong with how the focus is seen; empty: nothing.
FOCUS_IS_HIDDEN = """() => {
  const at = document.activeElement;
  const { left, top, right, bottom } = at.getBoundingClientRect();
  const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(at);
  const front = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  if (!front || !(front.contains(at) || at.contains(front))) return `covered by ${front?.className}`;
  // A board draws its own, above its rows.
  if (at.matches(".board > .grid")) return "";
  if (outlineStyle === "none") return "no outline";
  const reach = parseFloat(outlineWidth) + parseFloat(outlineOffset) - 0.5;
  for (let up = at.parentElement; up && !up.matches("body, dialog, [popover]"); up = up.parentElement) {
    const { overflowX, contain } = getComputedStyle(up);
    if (overflowX === "visible" && !/strict|content|paint/.test(contain)) continue;
    const box = up.getBoundingClientRect();
    const isBeyondSides = left - reach < box.left || right + reach > box.right;
    const isCut = isBeyondSides || top - reach < box.top || bottom + reach > box.bottom;
    if (isCut) return `cut by ${up.className || up.id}`;
  }
  return "";
}"""


def focused(page: Page) -> str:
    name: str = page.evaluate("document.activeElement.id || document.activeElement.innerText.trim()")
    return name


def focused_part(page: Page) -> str:
    """The id of the part of the page that the keyboard is in."""
    parts = "#head, #time-bar, .place, #quote, #foot"
    part: str = page.evaluate(f"document.activeElement.closest('{parts}')?.id ?? ''")
    return part


def test_everything_can_be_done_by_keyboard(look: Look, three: System) -> None:
    viewer = look()
    page, keyboard = viewer.page, viewer.page.keyboard
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When the keyboard walks through the page
    reached: list[str] = []
    page.evaluate("document.activeElement.blur()")
    for _ in range(120):
        keyboard.press("Tab")
        at = focused(page)
        if at in reached[:1]:
            break
        reached.append(at)

    # Then it comes to search, state, help, theme, what is done with boards, and on each to rows, titles, popups
    head = [at.replace("\n", " ") for at in reached[:8]]
    assert head == [
        "symbol",
        "Quote",
        "state",
        "layouts-open",
        "help-open",
        "theme",
        "+ Add board",
        "\u2016 Pause order",
    ]
    assert reached.count("Price") == len(BOARDS)

    # And a row's quote can be opened, and left again
    page.locator("#board-gainers").get_by_role("grid").focus()
    keyboard.press("ArrowDown")
    keyboard.press("ArrowDown")
    active = page.locator("#board-gainers").get_by_role("grid").get_attribute("aria-activedescendant")
    expect(page.locator(f"#{active} .symbol")).to_have_text("MSFT")
    keyboard.press("Enter")
    expect(page.locator("#quote h2")).to_have_text("MSFT")
    keyboard.press("Escape")
    expect(page.locator("#quote")).to_be_hidden()

    # And a title sorts
    page.locator("#board-gainers .titles").get_by_role("button", name="Symbol").focus()
    keyboard.press("Enter")
    keyboard.press("Enter")
    viewer.sees("gainers", "NEW", "MSFT", "AAPL")

    # And the search is one key away
    keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "symbol"


@pytest.mark.parametrize("viewport", [LAPTOP, PHONE, ENLARGED], ids=["laptop", "phone", "enlarged"])
def test_the_focus_is_always_seen(look: Look, three: System, viewport: ViewportSize) -> None:
    # Given a page with a quote and a watchlist
    viewer = look("?symbol=AAPL&list=Mine&watch=AAPL,MSFT", viewport=viewport)
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    page = viewer.page
    expect(page.locator("#quote [data-field=close]")).to_have_text("12.00")

    # When the keyboard walks through the page, then what has it is in view, and marked as a whole
    hidden: dict[str, str] = {}
    page.evaluate("document.activeElement.blur()")
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        if wrong := page.evaluate(FOCUS_IS_HIDDEN):
            hidden[focused(page)] = wrong
    assert hidden == {}


def test_a_key_goes_from_part_to_part(look: Look, three: System) -> None:
    viewer = look("?symbol=AAPL&list=Mine&watch=AAPL,MSFT")
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    page, press = viewer.page, viewer.page.keyboard.press
    expect(page.locator("#quote [data-field=close]")).to_have_text("12.00")

    for part in ("head", "place-boards", "quote", "place-watchlist"):
        press("F6")
        assert focused_part(page) == part
    for part in ("quote", "place-boards", "head"):
        press("Shift+F6")
        assert focused_part(page) == part

    # And also from where the user types, and to the quote by a key of its own
    press("/")
    press("F6")
    assert focused_part(page) == "place-boards"
    press("g")
    press("q")
    assert focused_part(page) == "quote"


def test_on_a_low_page_the_key_of_a_board_scrolls_to_it(look: Look, three: System) -> None:
    viewer = look("?symbol=AAPL", viewport=ENLARGED)
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    page = viewer.page
    expect(page.locator("#quote [data-field=close]")).to_have_text("12.00")

    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("#board-volume")).not_to_be_in_viewport()
    page.keyboard.press("1")
    expect(page.locator("#board-volume .row").last).to_be_in_viewport(ratio=1)


def test_the_focus_is_never_lost(look: Look, three: System) -> None:
    """Given controls that are gone once they were pressed, then the keyboard is at their neighbour."""
    viewer = look("?list=Mine&watch=AAPL,MSFT&min_price=1")
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    page, press = viewer.page, viewer.page.keyboard.press

    # A filter, and the last one of a board
    page.locator("#board-volume .chip").focus()
    press("Enter")
    expect(page.locator("#board-volume .chips")).to_be_hidden()
    assert page.evaluate("document.activeElement.closest('.board').id") == "board-volume"

    # A list that came with a link
    page.get_by_role("button", name="Keep", exact=True).focus()
    press("Enter")
    expect(page.locator(".watchlist .visit")).to_be_hidden()
    assert focused_part(page) == "place-watchlist"

    # What was opened: the keyboard is back at what opened it
    for name, popup in (("Filters of Volume", "form.filters"), ("More for watchlists", ".watch-menu")):
        page.get_by_role("button", name=name).focus()
        press("Enter")
        expect(page.locator(popup).locator("visible=true").first).to_be_visible()
        press("Escape")
        assert page.evaluate("document.activeElement.getAttribute('aria-label')") == name


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_text_can_be_read(look: Look, three: System, scheme: str) -> None:
    """Given a scheme, then texts contrast with what is behind them as WCAG's level AA asks."""
    three.process([bar("DOWN", "09:30:00", close=9.0, o=10.0)])
    viewer = look("?symbol=AAPL&min_price=none", color_scheme=scheme)
    viewer.sees("gainers", "AAPL", "MSFT", "NEW", "DOWN")
    expect(viewer.page.locator("#quote [data-field=close]")).to_have_text("12.00")
    expect(viewer.filters("gainers").locator(".mistake")).to_contain_text("is no number")
    poor = viewer.page.evaluate(
        """() => {
          const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
          const rgba = (colour) => {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data];
          };
          const luminance = (colour) => rgba(colour).slice(0, 3)
            .map((each) => each / 255)
            .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4))
            .reduce((sum, each, i) => sum + each * [0.2126, 0.7152, 0.0722][i], 0);
          const behind = (element) => {
            const colour = getComputedStyle(element).backgroundColor;
            return rgba(colour)[3] === 255 ? colour : behind(element.parentElement);
          };
          const contrast = (element) => {
            const both = [luminance(getComputedStyle(element).color), luminance(behind(element))];
            return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
          };
          const hasText = (element) => [...element.childNodes].some(
            (node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
          return [...document.querySelectorAll("body *")]
            .filter((each) => each.checkVisibility() && hasText(each) && !each.disabled && contrast(each) < 4.5)
            .map((each) => `${each.className || each.id}: ${each.innerText}`);
        }"""
    )
    assert poor == []


def test_a_theme_that_was_chosen_stays(look: Look, three: System) -> None:
    page = look(color_scheme="light").page
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)

    page.get_by_role("button", name="Switch between dark and light").click()
    dark = page.evaluate(background)
    assert dark != light

    page.reload()
    assert page.evaluate(background) == dark
