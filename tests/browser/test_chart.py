"""The chart of the selected symbol: candles, levels and hours, live, by keyboard, and as a table."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from redis import Redis

from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.sessions import session_of
from leaderboard.system import System
from tests.support.market import at, bar, trade_three
from tests.support.watch.browsers import Look, Viewer
from tests.support.watch.gateways import Gateway


@pytest.fixture(scope="module")
def recording(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway where history is recorded."""
    folder = tmp_path_factory.mktemp("recording")
    started = Gateway(folder, MARKET_CLOCK="events", HISTORY_DIR=str(folder / "history"))
    yield started
    started.stop()


@pytest.fixture
def emptied(redis: Redis, recording: Gateway) -> None:
    """Redis is empty, and the gateway has seen that: else bars of the test before might count."""
    redis.set(keys.SESSION, session_of(at("09:31:00")).number)
    assert recording.get("/api/candles/NONE").status_code == 404
    redis.delete(keys.SESSION)


@pytest.fixture
def traded(redis: Redis, emptied: None, market: System) -> System:
    """A market whose bars are recorded: candles of AAPL in the pre-market, and from the open on."""
    redis.set(keys.RECORDING, 1)
    market.process([bar("AAPL", "09:20:00", close=11.0, h=11.5, av=100)])
    trade_three(market)
    return market


@pytest.fixture
def viewer(look: Look, recording: Gateway, traded: System) -> Viewer:
    """The page with the chart of AAPL."""
    opened: Viewer = look("?symbol=AAPL", gateway=recording)
    expect(opened.page.locator("#place-chart h2")).to_have_text("AAPL")
    expect(figure(opened.page, "close")).to_have_text("C12.00")
    return opened


def figure(page: Page, name: str) -> Locator:
    return page.locator(f"#place-chart .figure.{name}")


def rows(page: Page) -> list[list[str]]:
    """The table's rows: time, open, high, low, close, volume, VWAP."""
    page.get_by_role("button", name="Show the candles as a table").click()
    found: list[list[str]] = page.get_by_role("region", name="Candles of AAPL").evaluate(
        """(table) => [...table.querySelectorAll("tbody tr")]
          .map((row) => [...row.cells].map((cell) => cell.innerText))"""
    )
    page.get_by_role("button", name="Show the candles as a table").click()
    return found


def test_the_candles_of_the_selected_symbol_are_drawn_and_grow(viewer: Viewer, traded: System) -> None:
    page = viewer.page
    # Given a chart, which shows the day's candles and prices that matter
    expect(page.locator("#place-chart canvas").first).to_be_visible()
    expect(page.locator("#place-chart .levels")).to_contain_text("Previous close 10.00")
    expect(page.locator("#place-chart .levels")).to_contain_text("Pre-market high 11.50")
    assert rows(page) == [
        ["09:30", "10.00", "12.00", "12.00", "12.00", "100", "11.50"],
        ["09:20", "11.00", "11.50", "11.00", "11.00", "100", "11.00"],
    ]

    # When bars come, then the last candle grows, and another begins
    traded.process([bar("AAPL", "09:30:30", close=13.0, av=2_100)])
    expect(figure(page, "close")).to_have_text("C13.00")
    traded.process([bar("AAPL", "09:31:00", close=14.0, av=2_200)])
    expect(figure(page, "close")).to_have_text("C14.00")
    assert [row[:5] for row in rows(page)[:2]] == [
        ["09:31", "14.00", "14.00", "14.00", "14.00"],
        ["09:30", "10.00", "13.00", "12.00", "13.00"],
    ]


def test_candles_that_could_not_be_read_again_are_dimmed_until_they_are(
    look: Look, recording: Gateway, traded: System
) -> None:
    # Given a chart at a page that comes back while the gateway cannot answer, of which the browser complains
    viewer = look("?symbol=AAPL", gateway=recording, complains=True)
    page = viewer.page
    expect(figure(page, "close")).to_have_text("C12.00")
    expect(figure(page, "vwap")).to_contain_text("VWAP since 09:20")
    refused = {"error": "too many queries over history wait at the moment"}
    page.route("**/api/candles/*", lambda route: route.fulfill(status=503, json=refused))
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    # Then they stay, dimmed, and the page says why
    expect(page.locator("#place-chart .note")).to_have_text("Too many queries over history wait at the moment.")
    expect(page.locator(".chart.stale")).to_be_visible()
    expect(figure(page, "close")).to_have_text("C12.00")

    # And once it can, they are read
    page.unroute("**/api/candles/*")
    expect(page.locator(".chart.stale")).to_have_count(0)
    expect(page.locator("#place-chart .note")).to_have_text("")


def test_another_symbol_is_followed_at_once(viewer: Viewer) -> None:
    viewer.page.locator("#board-gainers .row").nth(1).click()
    expect(viewer.page.locator("#place-chart h2")).to_have_text("MSFT")
    expect(figure(viewer.page, "close")).to_have_text("C44.00")


def test_candles_of_five_minutes_are_made_of_those_of_one(viewer: Viewer, traded: System) -> None:
    traded.process([bar("AAPL", "09:34:00", close=9.0, av=2_100)])
    viewer.page.get_by_role("button", name="5m candles", exact=True).click()
    expect(viewer.page.get_by_role("button", name="5m candles", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(figure(viewer.page, "low")).to_have_text("L9.00")
    assert [row[:2] for row in rows(viewer.page)] == [["09:30", "10.00"], ["09:20", "11.00"]]


def test_candles_are_read_by_keyboard(viewer: Viewer) -> None:
    page = viewer.page
    plot = page.get_by_role("application", name="Chart of AAPL")
    said = page.locator("#place-chart .legend [role=status]")
    plot.focus()

    page.keyboard.press("ArrowLeft")
    expect(said).to_have_text("09:30: open 10.00, high 12.00, low 12.00, close 12.00, volume 100, VWAP 11.50")
    page.keyboard.press("ArrowLeft")
    expect(said).to_have_text("09:29: no trades")
    page.keyboard.press("Home")
    expect(said).to_contain_text("09:20: open 11.00")
    for key in ("End", "+", "-", "0"):
        page.keyboard.press(key)
    expect(said).to_contain_text("09:30: open 10.00")


def test_it_is_drawn_in_dark_and_light(viewer: Viewer) -> None:
    viewer.keep("chart-dark")
    viewer.page.get_by_role("button", name="Switch between dark and light").click()
    viewer.keep("chart-light")
    # And says whose library draws it, without the library's own mark, which needs styles that the page forbids
    expect(viewer.page.get_by_role("link", name="Charts by TradingView")).to_be_visible()
    expect(viewer.page.locator("#tv-attr-logo")).to_have_count(0)


def test_where_no_history_is_recorded_there_is_no_chart(look: Look, three: System) -> None:
    page = look("?symbol=AAPL").page
    expect(page.locator("#quote [data-field=close]")).to_have_text("12.00")
    expect(page.locator("#place-chart")).to_be_hidden()


def test_without_a_symbol_the_chart_asks_for_one(look: Look, recording: Gateway, traded: System) -> None:
    viewer = look(gateway=recording)
    expect(viewer.page.locator("#place-chart .note")).to_contain_text("Choose a symbol")
