"""No view of the page violates the rules of axe-core, on any screen and in either theme."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from leaderboard.system import System
from tests.support.checkout import CHECKOUT
from tests.support.watch.browsers import LAPTOP, PHONE, WIDE, Look, Viewer

AXE = CHECKOUT / "node_modules" / "axe-core" / "axe.min.js"
BROKER: ViewportSize = {"width": 960, "height": 900}
ENLARGED: ViewportSize = {"width": 320, "height": 256}
WALL: ViewportSize = {"width": 2560, "height": 1440}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def go(page: Page, letter: str) -> None:
    page.keyboard.press("g")
    page.keyboard.press(letter)


def see_boards(page: Page) -> None:
    go(page, "b")


def see_quote(page: Page) -> None:
    page.locator(".board:visible .row").first.click()
    expect(page.locator("#quote [data-field=close]")).not_to_be_empty()


def see_watchlist(page: Page) -> None:
    page.keyboard.press("Escape")
    go(page, "w")
    expect(page.locator("#place-watchlist .close").first).not_to_have_text("-")


def see_alerts(page: Page) -> None:
    go(page, "a")
    expect(page.locator("#place-alerts")).to_be_visible()


def see_help(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()


def see_layouts(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    expect(page.locator("#layouts")).to_be_visible()


VIEWS: list[Callable[[Page], None]] = [see_boards, see_quote, see_watchlist, see_alerts, see_help, see_layouts]


def violations(page: Page) -> list[str]:
    result: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })", RULES
    )
    return [
        f"{each['id']}: {node['target'][0]}: {' '.join(node['failureSummary'].split()[7:40])}"
        for each in result["violations"]
        for node in each["nodes"]
    ]


def every_view(viewer: Viewer, name: str) -> dict[str, list[str]]:
    """What is wrong, by view."""
    wrong = {}
    for see in VIEWS:
        see(viewer.page)
        viewer.keep(f"{name}-{see.__name__.removeprefix('see_')}")
        if found := violations(viewer.page):
            wrong[see.__name__] = found
    return wrong


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci")
@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize(
    "viewport",
    [ENLARGED, PHONE, BROKER, LAPTOP, WIDE, WALL],
    ids=["enlarged", "phone", "broker", "laptop", "wide", "wall"],
)
def test_no_view_violates_the_rules(
    look: Look, three: System, viewport: ViewportSize, scheme: str, request: pytest.FixtureRequest
) -> None:
    viewer = look(
        "?list=Mine&watch=AAPL,MSFT,ZZZZ", viewport=viewport, color_scheme=scheme, script=AXE.read_text()
    )
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    assert every_view(viewer, request.node.callspec.id) == {}
