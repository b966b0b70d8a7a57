"""Users without a mouse or with weak sight can use the page."""

import pytest
from playwright.sync_api import expect

from leaderboard.boards import BOARDS
from leaderboard.system import System
from tests.support.market import bar
from tests.support.watch.browsers import Look


def test_everything_can_be_done_by_keyboard(look: Look, three: System) -> None:
    viewer = look()
    page, keyboard = viewer.page, viewer.page.keyboard
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When the keyboard walks through the page
    reached: list[str] = []
    page.evaluate("document.activeElement.blur()")
    for _ in range(120):
        keyboard.press("Tab")
        at = page.evaluate("document.activeElement.id || document.activeElement.innerText.trim()")
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
    page.locator("#board-gainers").get_by_role("button", name="Symbol").focus()
    keyboard.press("Enter")
    keyboard.press("Enter")
    viewer.sees("gainers", "NEW", "MSFT", "AAPL")

    # And the search is one key away
    keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "symbol"


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
