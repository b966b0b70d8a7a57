"""No view of the page violates the rules of axe-core, on any screen and in either theme."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from redis import Redis

from deploy.redis_server import RedisServer
from leaderboard.system import System
from tests.support.alerts import AT, alert, fire
from tests.support.checkout import CHECKOUT
from tests.support.made_day import MadeDay, made_day
from tests.support.watch.browsers import LAPTOP, PHONE, Look
from tests.support.watch.gateways import Gateway

AXE = CHECKOUT / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: 1280 pixels at 400 %, and 1440 at 200 %.
ENLARGED: ViewportSize = {"width": 320, "height": 256}
ZOOMED: ViewportSize = {"width": 720, "height": 450}
BROKER: ViewportSize = {"width": 960, "height": 900}
WALL: ViewportSize = {"width": 2560, "height": 1440}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed: npm ci"),
]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> MadeDay:
    """A recorded day of 40 seconds from 09:29:50 on."""
    return made_day(tmp_path_factory.mktemp("axe") / "history", 40)


@pytest.fixture(scope="module")
def recording(redis_server: RedisServer, day: MadeDay) -> Iterator[Gateway]:
    """A gateway where it is recorded, so that there are a chart and a past."""
    folder: Path = day.history.parent
    started = Gateway(folder, MARKET_CLOCK="events", HISTORY_DIR=str(day.history))
    yield started
    started.stop()


def go(page: Page, letter: str) -> None:
    page.keyboard.press("g")
    page.keyboard.press(letter)


def open_popup(page: Page, opener: str) -> None:
    """Close the popup before it, and open one of a board."""
    page.keyboard.press("Escape")
    page.locator(".board:visible").first.get_by_role("button", name=opener).first.click()
    expect(page.locator(".board:visible .popup:popover-open")).to_be_visible()


def see_boards(page: Page) -> None:
    go(page, "b")


def see_filters(page: Page) -> None:
    open_popup(page, "Filters of")
    page.locator("form.filters:visible input").first.fill("much")
    expect(page.locator(".mistake:visible")).to_contain_text("is no number")


def see_columns(page: Page) -> None:
    page.locator("form.filters:visible input").first.fill("")
    open_popup(page, "Columns of")


def see_menu(page: Page) -> None:
    open_popup(page, "More for")


def see_screen(page: Page) -> None:
    page.get_by_role("button", name="Make a screen of this board").click()
    expect(page.locator(".screen-dialog .found")).not_to_be_empty()


def see_rule(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator(".rule-dialog")).to_be_visible()


def see_help(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()


def see_layouts(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("v")
    expect(page.locator("#layouts")).to_be_visible()


def see_status(page: Page) -> None:
    page.keyboard.press("Escape")
    page.locator("#state").click()
    expect(page.locator("#status-details dt").first).to_be_visible()


def see_quote(page: Page) -> None:
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    page.locator(".board:visible .row").first.click()
    expect(page.locator("#quote [data-field=close]")).not_to_be_empty()
    page.locator("#quote summary").first.click()


def see_explanation(page: Page) -> None:
    page.locator("#quote .term:visible").last.focus()
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".explanation")).to_be_visible()


def see_chart(page: Page) -> None:
    # The first closes the explanation, the second the quote.
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    go(page, "c")
    expect(page.locator("#place-chart canvas").first).to_be_visible()


def see_table(page: Page) -> None:
    go(page, "c")
    page.get_by_role("button", name="Show the candles as a table").click()
    expect(page.locator(".candle-table")).to_be_visible()


def see_watchlist(page: Page) -> None:
    go(page, "w")
    expect(page.locator("#place-watchlist .close").first).not_to_have_text("-")


def see_list_menu(page: Page) -> None:
    page.get_by_role("button", name="More for watchlists").click()
    expect(page.locator(".watch-menu")).to_be_visible()


def see_alerts(page: Page) -> None:
    page.keyboard.press("Escape")
    go(page, "a")
    expect(page.locator(".alert-list .alert")).to_have_count(2)
    page.locator(".alert-settings summary").click()


def see_the_past(page: Page) -> None:
    page.keyboard.press("[")
    expect(page.locator("body")).to_have_attribute("data-time", "past")
    go(page, "b")


def see_it_play(page: Page) -> None:
    page.get_by_label("Time in New York").fill("09:29:55")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()


View = Callable[[Page], None]
#: Each begins where the one before ended.
EVERY_VIEW: list[View] = [
    see_boards,
    see_filters,
    see_columns,
    see_menu,
    see_screen,
    see_rule,
    see_help,
    see_layouts,
    see_status,
    see_quote,
    see_explanation,
    see_chart,
    see_table,
    see_watchlist,
    see_list_menu,
    see_alerts,
    see_the_past,
    see_it_play,
]
#: Where no part of the page differs from all other screens but by its place.
SOME_VIEWS: list[View] = [see_quote, see_chart, see_watchlist, see_alerts, see_the_past]


def violations(page: Page, rules: list[str]) -> list[str]:
    result: dict[str, Any] = page.evaluate(
        "(tags) => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })", rules
    )
    return [
        f"{each['id']}: {node['target'][0]}: {' '.join(node['failureSummary'].split()[7:40])}"
        for each in result["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize(
    ("viewport", "scheme", "views"),
    [
        pytest.param(LAPTOP, "dark", EVERY_VIEW, id="laptop-dark"),
        pytest.param(ENLARGED, "light", EVERY_VIEW, id="enlarged-light"),
        pytest.param(PHONE, "dark", SOME_VIEWS, id="phone-dark"),
        pytest.param(ZOOMED, "light", SOME_VIEWS, id="zoomed-light"),
        pytest.param(BROKER, "dark", SOME_VIEWS, id="broker-dark"),
        pytest.param(WALL, "light", SOME_VIEWS, id="wall-light"),
    ],
)
def test_no_view_violates_the_rules(
    look: Look,
    three: System,
    redis: Redis,
    recording: Gateway,
    viewport: ViewportSize,
    scheme: str,
    views: list[View],
) -> None:
    # Given a market of three symbols, two alerts, and a past
    fire(redis, alert("AAPL"), alert("MSFT", "spike", AT - 60_000))
    viewer = look(
        "?list=Mine&watch=AAPL,MSFT,ZZZZ",
        gateway=recording,
        viewport=viewport,
        color_scheme=scheme,
        reduced_motion="reduce",
        script=AXE.read_text(),
    )
    viewer.sees("volume", "AAPL", "MSFT", "NEW")

    # When one view after the other is shown, then none is at fault
    wrong = {}
    for see in views:
        see(viewer.page)
        if found := violations(viewer.page, RULES):
            wrong[see.__name__] = found
    assert wrong == {}
