"""The page in a real browser, before a real gateway and the real core."""

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect
from redis import Redis

from config.settings import Settings
from deploy.redis_server import RedisServer
from feeds.synthetic import Market
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.row import FIELDS
from leaderboard.system import System
from tests.support.market import TODAY, at, bar, trade_three
from tests.support.watch.browsers import EXECUTABLE, LAPTOP, PHONE, WIDE, Viewer, browser
from tests.support.watch.gateways import Gateway, eventually_healthy
from watch.terminal import numbers

pytestmark = pytest.mark.skipif(EXECUTABLE is None, reason="chromium is not installed: apt-get install chromium")

KEY = "a key for tests only"
GAINERS = BOARDS[2].scanner
# Fields that a script of the page would be found in, were it one.
HOSTILE = '<img src=x onerror="window.caught=true">'

Look = Callable[..., Viewer]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as launched:
        yield launched


@pytest.fixture(scope="module")
def gateway(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    started = Gateway(tmp_path_factory.mktemp("gateway"), MARKET_CLOCK="events")
    yield started
    started.stop()


@pytest.fixture
def look(chromium: Browser, gateway: Gateway) -> Iterator[Look]:
    """Opens the page, and checks in the end that the browser had nothing to complain of."""
    viewers: list[Viewer] = []

    def opened(query: str = "", **options: Any) -> Viewer:
        viewers.append(Viewer(chromium, gateway, **options))
        viewers[-1].open(query)
        return viewers[-1]

    yield opened
    for viewer in viewers:
        viewer.close()
        assert viewer.complaints == []
        assert viewer.strange == []


@pytest.fixture
def market(redis: Redis, redis_url: str) -> Iterator[System]:
    """The core, and somebody who publishes what it makes, as beat and the clock's worker do, only sooner."""
    system = System.from_settings(Settings(redis_url=redis_url, market_clock="events", publish_interval=0.1))
    over = threading.Event()

    def publish() -> None:
        while not over.wait(0.1):
            system.publish()

    publisher = threading.Thread(target=publish)
    publisher.start()
    yield system
    over.set()
    publisher.join()


@pytest.fixture
def three(market: System) -> System:
    trade_three(market)
    return market


def publish_by_hand(redis: Redis, payload: str) -> None:
    redis.set(GAINERS, payload)
    redis.publish(GAINERS, payload)


def cell(page: Page, board: str, symbol: str, column: str) -> Any:
    row = page.locator(f"#board-{board} .row", has=page.get_by_text(symbol, exact=True))
    return row.locator(f".{column}")


# --- boards


def test_boards_appear_and_move(look: Look, three: System) -> None:
    # Given a page before three boards
    viewer = look()
    page = viewer.page
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    viewer.sees("gappers", "AAPL", "MSFT", "NEW")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    expect(cell(page, "gainers", "MSFT", "close")).to_have_text("44.00")
    expect(page.locator("#session")).to_have_text("Regular session, Fri 20 Nov 2026")
    expect(page.locator("#clock")).to_have_text("09:30:03 ET")
    page.evaluate("document.querySelectorAll('#board-gainers .row').forEach((row, i) => { row.was = i + 1; })")

    # When the last overtakes the others
    three.process([bar("NEW", "09:30:10", close=6.0, av=5_000)])
    expect(page.locator("#state .what")).to_have_text("Live")

    # Then its row moves up, the same element, and tells that its price rose, not by colour alone
    viewer.sees("gainers", "NEW", "AAPL", "MSFT")
    viewer.sees("volume", "NEW", "AAPL", "MSFT")
    expect(cell(page, "gainers", "NEW", "close")).to_have_text("\u25b26.00")
    expect(page.locator("#clock")).to_have_text("09:30:11 ET")
    rows = page.locator("#board-gainers .row")
    assert rows.evaluate_all("rows => rows.map((row) => row.was)") == [3, 1, 2]
    assert cell(page, "gainers", "NEW", "pct_change_since_open").inner_text() == "+100.00%"


def test_a_change_flashes_but_for_who_wants_no_motion(look: Look, three: System) -> None:
    # Given two viewers, one of whom wants no motion
    moved, still = look(), look(reduced_motion="reduce")
    for viewer in (moved, still):
        viewer.sees("gainers", "AAPL", "MSFT", "NEW")
        viewer.page.evaluate(
            """() => {
              window.flashes = 0;
              const animate = Element.prototype.animate;
              Element.prototype.animate = function (...how) {
                window.flashes += 1;
                return animate.apply(this, how);
              };
            }"""
        )

    # When a price falls
    three.process([bar("AAPL", "09:30:10", close=11.5, av=3_000)])

    # Then its rows flash for the first, and both see it
    for viewer, flashes in ((moved, 3), (still, 0)):
        for board in BOARDS:
            expect(cell(viewer.page, board.name, "AAPL", "close")).to_have_text("\u25bc11.50")
        assert viewer.page.evaluate("window.flashes") == flashes


def test_of_a_long_board_only_the_rows_in_view_are_on_the_page(look: Look, market: System) -> None:
    # Given a board of 500
    market.process([bar(f"S{i}", "09:30:00", close=10 + i / 100, o=10.0, av=1_000 - i) for i in range(500)])
    page = look().page
    board = page.locator("#board-gainers")
    expect(board.locator(".count")).to_have_text("500")
    assert board.locator(".row").count() < 100

    # When it is scrolled to its end
    board.locator(".view").evaluate("(view) => view.scrollTo(0, view.scrollHeight)")

    # Then the last is there, and tells readers which it is
    last = board.locator(".row").last
    expect(last.locator(".symbol")).to_have_text("S0")
    expect(last).to_have_attribute("aria-rowindex", "501")
    expect(board.get_by_role("grid")).to_have_attribute("aria-rowcount", "501")


def test_boards_clear_at_a_reset(look: Look, three: System, redis: Redis) -> None:
    # Given boards of a session
    viewer = look()
    viewer.sees("gappers", "AAPL", "MSFT", "NEW")

    # When the next day's first bar comes
    three.process([bar("AAPL", "04:00:00", TODAY.replace(day=23), close=12.0)])

    # Then nothing is left of the day before
    viewer.sees("gappers", "AAPL")
    expect(viewer.page.locator("#session")).to_have_text("Pre-market, Mon 23 Nov 2026")

    # And an emptied board is empty, and says so
    publish_by_hand(redis, "[]")
    viewer.sees("gainers")
    expect(viewer.page.locator("#board-gainers .nothing")).to_have_text("No symbols yet")


def test_what_is_published_never_becomes_markup(look: Look, three: System, redis: Redis) -> None:
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When a row comes with markup where symbol and numbers should be
    hostile = HOSTILE.replace('"', "'")
    publish_by_hand(redis, f'[{{"rank": 1, "symbol": "{hostile}", "close": "{hostile}", "change": "<b>"}}]')

    # Then it is shown as the text it is, or not at all
    viewer.sees("gainers", hostile)
    assert viewer.page.locator("#boards :is(img, b)").count() == 0
    assert viewer.page.evaluate("window.caught") is None

    # And what is no board is told to be none
    publish_by_hand(redis, '{"symbol": "AAPL"}')
    expect(viewer.page.locator("#board-gainers .nothing")).to_have_text("What was published is no board")


# What may be published on a board or a symbol's channel by mistake or by malice, or come where an answer should.
WRONG = [
    "",
    "junk",
    "null",
    "7",
    '"text"',
    "{}",
    "[1]",
    "[null]",
    "[[]]",
    '[{"symbol":5}]',
    '[{"symbol":"A","rank":{"toString":1},"close":[],"change":{"valueOf":null},"end_timestamp":1e300}]',
    '[{"symbol":"A","start_timestamp":-1e300,"end_timestamp":"soon"},{"symbol":"A"}]',
    '{"symbol":"AAPL","close":{"toString":1},"start_timestamp":1e300,"end_timestamp":"soon","folded":[]}',
    '{"status"',
    '{"status":null}',
    '{"status":"unauthorized"}',
    '{"status":"invalid key"}',
    '{"status":"error","message":{"toString":1}}',
    '{"cache":',
    '{"cache":"scanners:top_gainers","data":7}',
    "[" * 20_000,
]


def test_whatever_is_published_the_page_goes_on(look: Look, three: System, redis: Redis) -> None:
    # Given a page with a quote
    viewer = look("?symbol=AAPL")
    quote = viewer.page.locator("#quote [data-field=close]")
    expect(quote).to_have_text("12.00")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When all that is no board and no quote is published, then what is one
    for wrong in WRONG:
        redis.publish(GAINERS, wrong)
        redis.publish("quote:AAPL", wrong)
        # Each is looked at by itself.
        viewer.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    three.process([bar("NEW", "09:30:10", close=6.0, av=5_000), bar("AAPL", "09:30:10", close=11.5, av=5_000)])

    # Then it is shown, and the browser has complained of nothing
    viewer.sees("gainers", "NEW", "AAPL", "MSFT")
    expect(quote).to_have_text("11.50")
    expect(viewer.page.locator("#state .what")).to_have_text(re.compile("Live|No change"))
    expect(viewer.page.locator("#clock")).to_have_text("09:30:11 ET")
    expect(viewer.page.get_by_role("dialog")).to_be_hidden()


def test_whatever_the_gateway_answers_the_page_goes_on_asking(look: Look, three: System) -> None:
    # Given a page whose questions are answered by anything
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    now = at("12:00:00")
    answers = [
        *WRONG,
        '{"parts":{"redis":null,"clock":7,"queue":{"ok":"no"}}}',
        f'{{"now":{now},"session":{{"day":"someday","phase":1}},"published_at":"now","newest_bar":1e300}}',
        f'{{"now":{now},"session":7,"published_at":{{}},"newest_bar":[],"clock":"wall","close":7}}',
        '{"now":1e300,"session":null,"published_at":null}',
        '{"parts":null}',
    ]
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=answers[len(asked) // 2 % len(answers)], content_type="application/json")

    viewer.page.route(re.compile("/api/status|/healthz"), answer)
    while len(asked) < 2 * len(answers):
        with viewer.page.expect_request(re.compile("/healthz")):
            viewer.page.evaluate("dispatchEvent(new Event('online'))")
        viewer.page.wait_for_timeout(10)

    # When they are answered soundly again
    viewer.page.unroute(re.compile("/api/status|/healthz"))

    # Then it asks by itself, and shows what it is told
    with viewer.page.expect_response(re.compile("/api/status")) as response:
        pass
    assert response.value.status == 200
    expect(viewer.page.locator("#session")).to_have_text("Regular session, Fri 20 Nov 2026")
    expect(viewer.page.locator("#clock")).to_have_text("09:30:03 ET")


# --- sorting and filters


def test_columns_sort_and_rank_brings_back_the_order(look: Look, three: System) -> None:
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    board = viewer.page.locator("#board-gainers")
    header = board.get_by_role("columnheader", name="Price")

    # When a title is clicked, once and again
    header.get_by_role("button").click()
    viewer.sees("gainers", "MSFT", "AAPL", "NEW")
    expect(header).to_have_attribute("aria-sort", "descending")
    header.get_by_role("button").click()
    viewer.sees("gainers", "NEW", "AAPL", "MSFT")
    expect(header).to_have_attribute("aria-sort", "ascending")

    # Then what comes is sorted as well
    three.process([bar("NEW", "09:30:10", close=20.0, av=600)])
    viewer.sees("gainers", "AAPL", "NEW", "MSFT")

    # And a third click brings the ranks back, of this board alone
    header.get_by_role("button").click()
    viewer.sees("gainers", "NEW", "AAPL", "MSFT")
    expect(header).not_to_have_attribute("aria-sort", re.compile("."))
    viewer.sees("volume", "AAPL", "MSFT", "NEW")


def test_filters_choose(look: Look, three: System) -> None:
    viewer = look()
    cases = [
        ({"min_price": "12", "max_price": "$44.00"}, ["AAPL", "MSFT"]),
        ({"max_float": "5M"}, ["AAPL"]),
        ({"max_float": ".05b"}, ["AAPL", "MSFT"]),
        ({"min_relative_volume": "10"}, ["MSFT"]),
        ({"min_volume": "1k"}, ["AAPL", "MSFT"]),
        ({"min_volume": "1,000", "min_relative_volume": "5"}, ["MSFT"]),
    ]
    for filters, left in cases:
        # When filters are given, then the symbols that pass all of them are left
        for name, text in filters.items():
            viewer.page.fill(f"#{name}", text)
        viewer.sees("gainers", *left)
        expect(viewer.page.locator("#board-gainers .count")).to_have_text(f"{len(left)} of 3")

        # And once they are cleared all are there again
        viewer.page.click("#clear")
        viewer.sees("gainers", "AAPL", "MSFT", "NEW")


def test_filters_outlive_the_tab_and_can_be_shared(look: Look, three: System) -> None:
    # Given a filter
    viewer = look()
    viewer.page.fill("#min_volume", "0.8K")
    viewer.sees("gainers", "AAPL", "MSFT")

    # Then it is in the address
    assert viewer.page.url.endswith("/?min_volume=0.8K")

    # And it is there when the page is opened without
    viewer.open()
    viewer.sees("gainers", "AAPL", "MSFT")

    # And for who gets the address, it is what the address says
    other = look("?max_price=12&max_float=5M")
    other.sees("gainers", "AAPL")
    other.page.click("#clear")
    other.sees("gainers", "AAPL", "MSFT", "NEW")
    assert other.page.url.endswith("/")


def test_a_filter_that_is_no_number_is_told_and_passes_all(look: Look, three: System) -> None:
    viewer = look("?max_float=5M")
    viewer.sees("gainers", "AAPL")

    viewer.page.fill("#max_float", "small")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    expect(viewer.page.locator("#max_float")).to_have_attribute("aria-invalid", "true")
    expect(viewer.page.locator("#mistake")).to_contain_text("is no number")

    viewer.page.fill("#max_float", "1")
    expect(viewer.page.locator("#board-gainers .nothing")).to_have_text("No symbol passes the filters")
    expect(viewer.page.locator("#mistake")).to_be_empty()


# --- the quote


def test_a_row_opens_its_live_quote(look: Look, three: System) -> None:
    # Given a page
    viewer = look()
    page = viewer.page
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When a row is clicked
    page.locator("#board-gainers .row").nth(1).click()

    # Then the symbol's quote is shown, every field of it, and for how many others it stands
    quote = page.get_by_role("complementary", name="Quote")
    expect(quote.locator("h2")).to_have_text("MSFT")
    expect(quote.locator("[data-field=close]")).to_have_text("44.00")
    expect(quote.locator("[data-field=pct_change]")).to_have_text("+10.00%")
    fields = quote.locator("[data-field]").evaluate_all("all => all.map((each) => each.dataset.field)")
    assert sorted(["symbol", *fields]) == sorted([*FIELDS, "folded"])

    # And it follows the next bar
    three.process([bar("MSFT", "09:30:10", close=43.0, av=3_000)])
    expect(quote.locator("[data-field=close]")).to_have_text("43.00")
    expect(quote.locator("[data-field=close]")).to_have_attribute("data-tick", "down")

    # And Escape closes it
    page.keyboard.press("Escape")
    expect(quote).to_be_hidden()


def test_a_symbol_is_found_however_it_is_typed(look: Look, three: System) -> None:
    three.process([bar("BRKpA", "09:30:00", close=500.0)])
    viewer = look()
    quote = viewer.page.locator("#quote")
    for typed, found in (("aapl", "AAPL"), ("BRKpA", "BRKpA"), (" NEW ", "NEW")):
        viewer.page.fill("#symbol", typed)
        viewer.page.keyboard.press("Enter")
        expect(quote.locator("h2")).to_have_text(found)
        expect(quote.locator(".note")).to_be_empty()

    # And the address leads back to it
    viewer.page.reload()
    expect(quote.locator("h2")).to_have_text("NEW")


def test_case_does_not_matter_where_a_symbol_is_meant(look: Look, three: System) -> None:
    # Given symbols with small letters on the boards, and two that differ by them alone
    strange = ["ABRpD", "AMpB", "BRKpA", "AMpC", "AMPC"]
    three.process([bar(symbol, "09:30:00", close=20.0 + n) for n, symbol in enumerate(strange)])
    viewer = look()
    page, quote = viewer.page, viewer.page.locator("#quote")
    expect(page.locator("#board-volume .count")).to_have_text("8")

    # When the first letters are typed in any case, then the symbols that begin so are suggested
    for typed, suggested in {
        "ABRp": ["ABRpD"],
        "abr": ["ABRpD"],
        "AMp": ["AMPC", "AMpB", "AMpC"],
        "aap": ["AAPL"],
        "BRKPA": ["BRKpA"],
    }.items():
        page.fill("#symbol", typed)
        options = page.locator("#symbols option").evaluate_all("all => all.map(({ value }) => value)")
        assert sorted(options) == suggested

    # And a symbol is found in any case where it is the only one, and as it is typed where there are two
    for typed, found in {
        "brkpa": "BRKpA",
        "BRKPA": "BRKpA",
        "ABRPd": "ABRpD",
        "AMpC": "AMpC",
        "AMPC": "AMPC",
        "ampc": "AMPC",
        "msft": "MSFT",
    }.items():
        page.fill("#symbol", typed)
        page.keyboard.press("Enter")
        expect(quote.locator("h2")).to_have_text(found)
        expect(quote.locator(".note")).to_be_empty()


def test_an_address_names_a_symbol_in_any_case(look: Look, three: System) -> None:
    # Given a symbol with small letters, and an address that somebody typed, before any board is there
    three.process([bar("BRKpA", "09:30:00", close=500.0)])
    viewer = look("?symbol=brkpa")

    # Then its quote comes, and the address is right from then on
    expect(viewer.page.locator("#quote h2")).to_have_text("BRKpA")
    expect(viewer.page.locator("#quote [data-field=close]")).to_have_text("500.00")
    assert viewer.page.url.endswith("?symbol=BRKpA")


def test_on_a_phone_symbols_of_all_boards_are_found(look: Look, three: System, redis: Redis) -> None:
    # Given a phone that follows one board, and a symbol with small letters on another
    row = {"rank": 1, **dict.fromkeys(FIELDS, 1.0), "symbol": "BRKpA", "close": 500.0}
    redis.set("quote:BRKpA", json.dumps(row))
    viewer = look(viewport=PHONE)
    page = viewer.page
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    publish_by_hand(redis, json.dumps([row]))

    # When it is searched for, then it is suggested and found in any case
    page.fill("#symbol", "brkp")
    expect(page.locator("#symbols option")).to_have_attribute("value", "BRKpA")
    page.fill("#symbol", "brkpa")
    page.keyboard.press("Enter")
    expect(page.locator("#quote h2")).to_have_text("BRKpA")
    expect(page.locator("#quote [data-field=close]")).to_have_text("500.00")

    # And where an address names it
    viewer.open("?symbol=BRKPa")
    expect(page.locator("#quote h2")).to_have_text("BRKpA")


def test_a_quote_tells_for_how_many_bars_it_stands(look: Look, three: System, redis: Redis) -> None:
    # Given a symbol's quote
    viewer = look()
    viewer.page.fill("#symbol", "AAPL")
    viewer.page.keyboard.press("Enter")
    folded = viewer.page.locator("#quote [data-field=folded]")
    expect(folded).to_have_text("0")

    # When one comes into which others were conflated
    quote = json.loads(redis.get("quote:AAPL") or b"") | {"folded": 12}
    redis.publish("quote:AAPL", json.dumps(quote))

    # Then it says so
    expect(folded).to_have_text("12")


def test_an_unknown_symbol_is_told_to_be_one_until_its_first_bar(look: Look, three: System) -> None:
    viewer = look()
    quote = viewer.page.locator("#quote")

    viewer.page.fill("#symbol", "zzzz")
    viewer.page.keyboard.press("Enter")
    expect(quote.locator("h2")).to_have_text("ZZZZ")
    expect(quote.locator(".note")).to_contain_text("Unknown symbol")

    three.process([bar("ZZZZ", "09:30:00", close=7.0)])
    expect(quote.locator("[data-field=close]")).to_have_text("7.00")
    expect(quote.locator(".note")).to_be_empty()

    viewer.page.fill("#symbol", HOSTILE[:20])
    viewer.page.keyboard.press("Enter")
    expect(quote.locator(".note")).to_contain_text("A symbol has letters, digits and")


def test_everything_can_be_done_by_keyboard(look: Look, three: System) -> None:
    viewer = look()
    page, keyboard = viewer.page, viewer.page.keyboard
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When the keyboard walks through the page
    reached: list[str] = []
    page.evaluate("document.activeElement.blur()")
    for _ in range(60):
        keyboard.press("Tab")
        at = page.evaluate("document.activeElement.id || document.activeElement.innerText.trim()")
        if at in reached[:1]:
            break
        reached.append(at)

    # Then it comes to search, theme, filters, and on each board to the rows and all titles in view
    assert reached[:6] == ["symbol", "Quote", "theme", "min_price", "max_price", "max_float"]
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


# --- the connection


def test_it_comes_back_when_the_gateway_does(
    chromium: Browser, three: System, redis_server: RedisServer, tmp_path: Path
) -> None:
    # Given a page before a gateway
    gateway = Gateway(tmp_path, MARKET_CLOCK="events")
    viewer = Viewer(chromium, gateway)
    state = viewer.page.locator("#state")
    try:
        viewer.open("?symbol=AAPL")
        viewer.sees("gainers", "AAPL", "MSFT", "NEW")
        # Its bars may be old already, where the browser took its time.
        three.process([bar("NEW", "09:30:03", close=3.15, o=3.0, av=501)])
        expect(state).to_have_attribute("data-state", "live")

        # When the gateway stops
        gateway.stop()

        # Then the page says so, and when it tries again, and how old its data is; the boards stay
        expect(state).to_have_attribute("data-state", "lost")
        expect(state).to_contain_text(re.compile(r"Disconnected, next try in \d+ s\s+data \d+ s old"))
        viewer.sees("gainers", "AAPL", "MSFT", "NEW")

        # And when it starts again, the page shows what it missed, by itself
        three.process([bar("NEW", "09:30:10", close=6.0, av=5_000), bar("AAPL", "09:30:10", close=12.5, av=5_000)])
        gateway.start()
        viewer.sees("gainers", "NEW", "AAPL", "MSFT")
        expect(state).to_have_attribute("data-state", re.compile("live|quiet"))
        expect(viewer.page.locator("#quote [data-field=close]")).to_have_text("12.50")
    finally:
        viewer.close()
        gateway.stop()


def test_a_quote_and_boards_come_by_themselves_when_redis_is_back(chromium: Browser, tmp_path: Path) -> None:
    # Given a gateway whose Redis holds a quote, and is away
    server = RedisServer(tmp_path / "redis").start()
    urls = {"REDIS_URL": server.url(), "CELERY_BROKER_URL": server.url(1)}
    gateway = Gateway(tmp_path, **urls)
    redis = Redis.from_url(server.url())
    viewer = Viewer(chromium, gateway)
    quote = viewer.page.locator("#quote")
    try:
        redis.set("quote:AAPL", '{"symbol":"AAPL","close":12.5}')
        server.stop()
        eventually_healthy(gateway, "subscription", ok=False)

        # When it is asked for
        viewer.open("?symbol=AAPL")
        expect(viewer.page.locator("#state")).to_contain_text("Server has lost Redis")

        # Then it is still waited for, and comes with Redis
        expect(quote.locator(".note")).to_have_text("Asking for AAPL")
        server.start()
        redis.set(GAINERS, '[{"rank":1,"symbol":"AAPL","close":12.5},{"rank":2,"symbol":"MSFT","close":44.0}]')
        expect(quote.locator("[data-field=close]")).to_have_text("12.50")

        # And so does all of a board, although nobody publishes it
        eventually_healthy(gateway, "subscription", ok=True)
        viewer.sees("gainers", "AAPL", "MSFT")
    finally:
        viewer.close()
        gateway.stop()
        server.stop()


def test_a_quiet_market_is_no_lost_connection(look: Look, three: System) -> None:
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When nothing changes for some seconds
    state = viewer.page.locator("#state")

    # Then that is what the page says
    expect(state).to_contain_text(re.compile(r"No change\s+for \d+ s"))

    # And it is live again with the next bar
    three.process([bar("AAPL", "09:30:10", close=11.0, av=3_000)])
    expect(state).to_contain_text("Live")


def test_bars_that_come_late_are_told_to(chromium: Browser, three: System, tmp_path: Path) -> None:
    # Given a market whose time is the machine's, and bars of long ago
    gateway = Gateway(tmp_path, MARKET_CLOCK="wall")
    viewer = Viewer(chromium, gateway)
    try:
        viewer.open()
        viewer.sees("gainers", "AAPL", "MSFT", "NEW")

        # When another is published
        three.process([bar("AAPL", "09:30:10", close=11.0, av=3_000)])

        # Then it is not passed off as the present
        expect(viewer.page.locator("#state")).to_contain_text(re.compile(r"Bars late\s+by \d+ (h|days)"))
    finally:
        viewer.close()
        gateway.stop()


def test_a_quiet_board_is_late_only_where_the_market_is(chromium: Browser, redis: Redis, tmp_path: Path) -> None:
    # Given a market whose volume board is of symbols that have not traded for 40 s
    gateway = Gateway(tmp_path, MARKET_CLOCK="wall")
    laptop, phone = Viewer(chromium, gateway), Viewer(chromium, gateway, viewport=PHONE)
    over, others_age = threading.Event(), [0]

    def publish() -> None:
        while not over.wait(0.2):
            now = round(time.time() * 1000)
            for board in BOARDS:
                age = 40_000 if board.name == "volume" else others_age[0]
                payload = json.dumps([{"rank": 1, "symbol": "AAPL", "close": 1.0, "end_timestamp": now - age}])
                redis.set(board.scanner, payload)
                redis.publish(board.scanner, payload)
            redis.hset(keys.SNAPSHOT, mapping={"published_at": now, "attempted_at": now})

    publisher = threading.Thread(target=publish)
    publisher.start()
    try:
        # When it is looked at, then it is live, on all boards as on that one alone
        for viewer in (laptop, phone):
            viewer.open()
            viewer.sees("volume", "AAPL")
            expect(viewer.page.locator("#state .what")).to_have_text("Live")

        # And when no bar of anything is newer, both say that bars are late
        others_age[0] = 30_000
        for viewer in (laptop, phone):
            expect(viewer.page.locator("#state")).to_contain_text(re.compile(r"Bars late\s+by 3\d s"))

        # And both are live again with the next
        others_age[0] = 0
        for viewer in (laptop, phone):
            expect(viewer.page.locator("#state .what")).to_have_text("Live")
    finally:
        over.set()
        publisher.join()
        laptop.close()
        phone.close()
        gateway.stop()


def test_nobody_publishing_is_no_quiet_market(chromium: Browser, gateway: Gateway, system: System) -> None:
    # Given boards that nobody publishes any more
    system.process([bar("AAPL", "09:30:00")])
    viewer = Viewer(chromium, gateway)
    try:
        # When they are looked at, then the page says so
        viewer.open()
        expect(viewer.page.locator("#state")).to_contain_text("Nobody publishes")
    finally:
        viewer.close()


def test_a_key_is_asked_for_and_kept_from_the_address(
    chromium: Browser, three: System, redis_server: RedisServer, tmp_path: Path
) -> None:
    # Given a gateway with a key
    gateway = Gateway(tmp_path, key=KEY)
    viewer = Viewer(chromium, gateway)
    page = viewer.page
    dialog = page.get_by_role("dialog")
    try:
        # When its page is opened
        viewer.open()

        # Then it asks for the key
        expect(dialog).to_contain_text("This server asks for a key.")
        expect(page.locator("#state")).to_contain_text("API key needed")
        viewer.sees("gainers")

        # And does not let itself be sent away, for nothing else would ask
        for _ in range(3):
            page.keyboard.press("Escape")
            expect(dialog).to_be_visible()

        # And again where it is wrong
        page.fill("#api-key", "wrong")
        page.keyboard.press("Enter")
        expect(dialog).to_contain_text("That key was refused.")

        # And shows the boards where it is right, until the tab is closed
        page.fill("#api-key", KEY)
        page.keyboard.press("Enter")
        viewer.sees("gainers", "AAPL", "MSFT", "NEW")
        expect(dialog).to_be_hidden()
        expect(page.locator("#session")).to_contain_text("Fri 20 Nov 2026")
        page.reload()
        viewer.sees("gainers", "AAPL", "MSFT", "NEW")

        # And the key is nowhere but in the tab
        assert KEY not in page.url
        assert KEY not in page.evaluate("JSON.stringify(localStorage)")
        assert KEY not in gateway.log
        assert viewer.complaints == []
    finally:
        viewer.close()
        gateway.stop()


# --- looks


def test_a_phone_shows_and_follows_one_board_at_a_time(look: Look, three: System) -> None:
    viewer = look(viewport=PHONE, has_touch=True)
    page = viewer.page
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    assert page.locator(".board:visible").count() == 1
    assert len(viewer.sockets) == 1

    # When another is chosen
    page.get_by_role("tab", name="Gainers").tap()

    # Then it is there instead, whole rows of it, and the first is no longer followed
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    assert page.locator(".board:visible").count() == 1
    assert [socket.is_closed() for socket in viewer.sockets] == [True, False]
    assert viewer.spilt() == []

    # And turned to a wide screen it shows all
    page.set_viewport_size(LAPTOP)
    viewer.sees("gappers", "AAPL", "MSFT", "NEW")
    assert page.locator(".board:visible").count() == len(BOARDS)


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize(
    ("size", "viewport", "beside"),
    [("phone", PHONE, 1), ("laptop", LAPTOP, len(BOARDS)), ("wide", WIDE, len(BOARDS))],
    ids=["phone", "laptop", "wide"],
)
def test_full_boards_fit_on_the_screen(
    look: Look, market: System, size: str, viewport: ViewportSize, beside: int, scheme: str
) -> None:
    # Given a minute of a made-up market that fills all boards
    made = Market(2_000, 1_000, 1, TODAY)
    market.reference.learn(TODAY, made.reference())
    for second in range(at("09:29:30"), at("09:30:30"), 1000):
        market.process(made.bars(second))

    # When they are looked at, while trading goes on
    viewer = look(viewport=viewport, color_scheme=scheme)
    page, boards = viewer.page, viewer.page.locator(".board:visible")
    expect(boards.locator(".count")).to_have_text(["500"] * beside)
    market.process(made.bars(at("09:30:30")))
    expect(boards.last.locator(".tick:not(:empty)").first).to_be_visible()
    expect(page.locator("#state .what")).to_have_text("Live")

    # Then they stand side by side, or alone, from one side of the screen to the other, and nothing reaches beyond
    places = boards.evaluate_all("all => all.map((each) => each.getBoundingClientRect().toJSON())")
    assert len({place["top"] for place in places}) == 1
    assert len({round(place["width"]) for place in places}) == 1
    assert all(left["right"] <= right["left"] for left, right in pairwise(places))
    assert sum(place["width"] for place in places) > 0.95 * viewport["width"]
    assert viewer.spilt() == []
    viewer.keep(f"{size}-{scheme}")

    # And neither does the quote of a symbol
    boards.first.locator(".row").nth(3).click()
    expect(page.locator("#quote [data-field=close]")).not_to_be_empty()
    assert viewer.spilt() == []
    viewer.keep(f"{size}-{scheme}-quote")


def test_rows_fit_whatever_the_width(look: Look, three: System) -> None:
    viewer = look("?symbol=AAPL")
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    spilt = {}
    for width in range(320, 2_700, 20):
        viewer.page.set_viewport_size({"width": width, "height": 900})
        # Which boards are shown is decided with the next frame.
        viewer.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        spilt[width] = viewer.spilt()
    assert {width: found for width, found in spilt.items() if found} == {}


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_text_can_be_read(look: Look, three: System, scheme: str) -> None:
    """Given a scheme, then texts contrast with what is behind them as WCAG's level AA asks."""
    three.process([bar("DOWN", "09:30:00", close=9.0, o=10.0)])
    viewer = look("?symbol=AAPL&min_price=none", color_scheme=scheme)
    viewer.sees("gainers", "AAPL", "MSFT", "NEW", "DOWN")
    expect(viewer.page.locator("#quote [data-field=close]")).to_have_text("12.00")
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


# --- what the browser keeps

BLOCKED = {
    "blocked": "get() { throw new DOMException('The operation is insecure.', 'SecurityError'); }",
    "absent": "get() { return null; }",
    "full": """get() {
      const full = () => { throw new DOMException('exceeded the quota', 'QuotaExceededError'); };
      return { getItem: () => null, setItem: full, removeItem: full };
    }""",
    "junk": """get() {
      return { getItem: () => '{"key":', setItem: () => {}, removeItem: () => {} };
    }""",
    "strange": """get() {
      return { getItem: () => '[{"key":{"toString":1}}, null]', setItem: () => {}, removeItem: () => {} };
    }""",
}


@pytest.mark.parametrize("how", BLOCKED)
def test_without_storage_everything_works_while_the_page_is_open(look: Look, three: System, how: str) -> None:
    # Given a browser that keeps nothing
    script = "".join(
        f"Object.defineProperty(window, '{area}', {{ {BLOCKED[how]} }});"
        for area in ("localStorage", "sessionStorage")
    )
    viewer = look(script=script)
    page = viewer.page

    # Then the boards are there, and can be sorted, filtered, and shown in another theme
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    page.locator("#board-gainers").get_by_role("columnheader", name="Price").get_by_role("button").click()
    viewer.sees("gainers", "MSFT", "AAPL", "NEW")
    page.fill("#max_float", "5M")
    viewer.sees("gainers", "AAPL")
    before = page.evaluate("document.documentElement.dataset.theme")
    page.click("#theme")
    assert page.evaluate("document.documentElement.dataset.theme") != before

    # And on a phone one can be chosen
    page.set_viewport_size(PHONE)
    page.get_by_role("tab", name="Gainers").click()
    viewer.sees("gainers", "AAPL")


def test_without_storage_a_key_is_asked_for_once(
    chromium: Browser, three: System, redis_server: RedisServer, tmp_path: Path
) -> None:
    # Given a gateway with a key, and a browser that keeps nothing
    gateway = Gateway(tmp_path, key=KEY)
    script = f"Object.defineProperty(window, 'sessionStorage', {{ {BLOCKED['blocked']} }})"
    viewer = Viewer(chromium, gateway, script=script)
    try:
        # When the key is given
        viewer.open()
        viewer.page.fill("#api-key", KEY)
        viewer.page.keyboard.press("Enter")

        # Then it serves for the boards, the status and every quote
        viewer.sees("gainers", "AAPL", "MSFT", "NEW")
        expect(viewer.page.locator("#session")).to_contain_text("Fri 20 Nov 2026")
        viewer.page.locator("#board-gainers .row").first.click()
        expect(viewer.page.locator("#quote [data-field=close]")).to_have_text("12.00")
        assert viewer.complaints == []
    finally:
        viewer.close()
        gateway.stop()


# --- modules


def test_the_page_shows_every_board(look: Look) -> None:
    page = look().page
    boards = [[board.title, board.caption] for board in BOARDS]
    shown = page.locator(".board").evaluate_all(
        "all => all.map((each) => ['h2', '.note'].map((part) => each.querySelector(part).textContent))"
    )
    assert shown == boards
    assert page.locator("[role=tab]").all_text_contents() == [board.title for board in BOARDS]


@pytest.mark.parametrize(
    ("moment", "name"),
    [("12:59:59", "Regular session"), ("13:00:00", "After hours"), ("17:00:00", "Market closed")],
)
def test_an_early_close_begins_the_after_hours(look: Look, system: System, moment: str, name: str) -> None:
    # Given boards whose newest bar ends at that time of the day after Thanksgiving
    day = date(2026, 11, 27)
    system.process([bar("AAPL", "12:00:00", day, e=at(moment, day))])
    system.publish()

    # Then the page names the hours
    expect(look().page.locator("#session")).to_have_text(f"{name}, Fri 27 Nov 2026")


def test_numbers_are_those_of_the_terminal(look: Look) -> None:
    # Given numbers of all sizes, and ties that could be rounded either way
    random = Random(1)
    found = [0.0, 5e-324, 0.125, 0.375, 2.5, 0.25, 0.99999, 999.95, 999.96, 9_999.995, 999.995, sys.float_info.max]
    found += [999_999.994, 999_999.995, 999_999.996, 1e6, 999_949.9, 999_950.0, 999.96e12, 1e15, 1e16, 0.00005]
    found += [random.choice([1, -1]) * 10 ** random.uniform(-5, 17) for _ in range(2_000)]
    found += [round(abs(each) % 10_000, 3) for each in found]
    magnitudes = [abs(each) for each in found]

    # When the page writes them
    texts = look().page.evaluate(
        """async ([found, magnitudes]) => {
          const { quantity, price, change, percent, multiple, duration } = await import("/numbers.js");
          return {
            quantity: magnitudes.map(quantity),
            price: magnitudes.map(price),
            multiple: magnitudes.map(multiple),
            duration: magnitudes.map((each) => duration(each % 1e7)),
            percent: found.map(percent),
            change: found.map((each, i) => change(each, magnitudes.at(-1 - i))),
          };
        }""",
        [found, magnitudes],
    )

    # Then they are what the terminal would write
    expected = {
        "quantity": [numbers.quantity(each) for each in magnitudes],
        "price": [numbers.price(each) for each in magnitudes],
        "multiple": [numbers.multiple(each) for each in magnitudes],
        "duration": [numbers.duration(each % 1e7) for each in magnitudes],
        "percent": [numbers.percent(each) for each in found],
        "change": [numbers.change(each, close) for each, close in zip(found, reversed(magnitudes), strict=True)],
    }
    for kind, wanted in expected.items():
        different = [pair for pair in zip(found, texts[kind], wanted, strict=True) if pair[1] != pair[2]]
        assert different == [], kind
