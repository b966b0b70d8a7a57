"""Texts that their reader has set wider, as in WCAG's criterion 1.4.12, are neither cut nor covered."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from leaderboard.system import System
from tests.support.watch.browsers import LAPTOP, PHONE, Look

SPACE = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    * { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
    p { margin-bottom: 2em !important; }
  `);
  document.adoptedStyleSheets = [sheet];
}"""

#: What is cut by an element that does not scroll, and texts that lie over each other.
LOST = """() => {
  const isForEars = (element) =>
    element && (getComputedStyle(element).clipPath !== "none" || isForEars(element.parentElement));
  const isOver = (one, other, by) =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > by &&
    Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 2 * by;
  const named = (element) => `${element.parentElement.className} > ${element.className}: ${element.innerText}`;
  const isCut = (element, text) => {
    for (let up = element; up && up !== document.body; up = up.parentElement) {
      const { overflowX } = getComputedStyle(up);
      const isWide = up.scrollWidth > up.clientWidth;
      if (["auto", "scroll"].includes(overflowX)) return isWide && !up.matches(".tabs");
      const { bottom } = up.getBoundingClientRect();
      // What is on a line that is not seen at all is left out on purpose.
      const isSeen = text.top < bottom - 1;
      if (overflowX !== "visible" && isSeen && (isWide || text.bottom > bottom + 2)) return true;
      if (up.matches("[popover], dialog")) return false;
    }
    return false;
  };
  const lost = [], seen = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (walker.currentNode.data.trim() === "" || element.matches("script, noscript, option, textarea")) continue;
    if (!element.checkVisibility({ visibilityProperty: true }) || isForEars(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    if (isCut(element, range.getBoundingClientRect())) lost.push(`cut: ${named(element)}`);
    for (const box of range.getClientRects()) {
      const top = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
      if (top && (top.contains(element) || element.contains(top))) seen.push({ element, box });
    }
  }
  seen.forEach(({ element, box }, i) => {
    for (const other of seen.slice(i + 1)) {
      // A popup lies over the page on purpose.
      const isOfAnother = element.closest("[popover]") !== other.element.closest("[popover]");
      if (other.element === element || isOfAnother || !isOver(box, other.box, 2)) continue;
      lost.push(`over: ${named(element)} | ${named(other.element)}`);
    }
  });
  return [...new Set(lost)];
}"""


def see_a_sorted_board(page: Page) -> None:
    page.locator(".board:visible").first.get_by_role("button", name="Price").click()
    expect(page.locator(".sorted-note:visible").first).to_be_visible()


def see_filters(page: Page) -> None:
    page.locator(".filter-button:visible").first.click()
    page.locator("form.filters:visible input").first.fill("1")
    expect(page.locator(".chip:visible").first).to_be_visible()


def see_columns(page: Page) -> None:
    page.keyboard.press("Escape")
    page.locator(".board:visible").first.get_by_role("button", name="Columns of").click()
    expect(page.locator(".columns:visible")).to_be_visible()


def see_quote(page: Page) -> None:
    page.keyboard.press("Escape")
    page.locator(".board:visible .row").first.click()
    expect(page.locator("#quote [data-field=close]")).not_to_be_empty()


def see_watchlist(page: Page) -> None:
    page.keyboard.press("g")
    page.keyboard.press("w")
    expect(page.locator("#place-watchlist .close").first).not_to_have_text("-")


def see_layouts(page: Page) -> None:
    page.keyboard.press("v")
    expect(page.locator("#layouts")).to_be_visible()


VIEWS: list[Callable[[Page], None]] = [
    see_a_sorted_board,
    see_filters,
    see_columns,
    see_quote,
    see_watchlist,
    see_layouts,
]


@pytest.mark.slow
@pytest.mark.parametrize("viewport", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_wider_texts_are_neither_cut_nor_covered(look: Look, three: System, viewport: ViewportSize) -> None:
    # Given a page whose texts its user has set wider
    viewer = look("?list=Mine&watch=AAPL,MSFT,ZZZZ", viewport=viewport)
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    viewer.page.evaluate(SPACE)

    # When one view after the other is shown, then each shows all of its texts
    lost = {}
    for see in VIEWS:
        see(viewer.page)
        viewer.next_frame()
        if found := viewer.page.evaluate(LOST):
            lost[see.__name__] = found
    assert lost == {}
