"""The page tells a lost connection, a closed market, a stopped feed, late bars and a silent publisher apart."""

import re
import threading
import time
from pathlib import Path

import msgspec
from playwright.sync_api import expect
from redis import Redis

from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.boards import BOARDS, BY_NAME
from leaderboard.system import System
from tests.support.market import bar
from tests.support.waiting import eventually
from tests.support.watch.browsers import ALWAYS_OPEN, PHONE, Look
from tests.support.watch.gateways import Gateway, eventually_healthy
from tests.support.watch.publications import publish

GAINERS = BY_NAME["gainers"]


def test_it_comes_back_when_the_gateway_does(look: Look, three: System, tmp_path: Path) -> None:
    # Given a page before a gateway
    gateway = Gateway(tmp_path, MARKET_CLOCK="events")
    try:
        viewer = look("?symbol=AAPL", gateway=gateway, complains=True)
        state = viewer.page.locator("#state")
        viewer.sees("gainers", "AAPL", "MSFT", "NEW")
        # Its bars may be old already, where the browser took its time.
        three.process([bar("NEW", "09:30:03", close=3.15, o=3.0, av=501)])
        expect(state).to_have_attribute("data-state", "live")

        # When the gateway stops
        gateway.stop()

        # Then the page says so, and when it tries again, and how old its data is; the boards stay
        expect(state).to_have_attribute("data-state", "lost")
        expect(state).to_contain_text(re.compile(r"Disconnected, (next try in \d+ s|connecting)\s+data \d+ s old"))
        viewer.sees("gainers", "AAPL", "MSFT", "NEW")

        # And when it starts again, the page shows what it missed, by itself
        three.process([bar("NEW", "09:30:10", close=6.0, av=5_000), bar("AAPL", "09:30:10", close=12.5, av=5_000)])
        gateway.start()
        viewer.sees("gainers", "NEW", "AAPL", "MSFT")
        expect(state).to_have_attribute("data-state", re.compile("live|halted"))
        expect(viewer.page.locator("#quote [data-field=close]")).to_have_text("12.50")
    finally:
        gateway.stop()


def test_a_quote_and_boards_come_by_themselves_when_redis_is_back(look: Look, tmp_path: Path) -> None:
    # Given a gateway whose Redis holds a quote, and is away
    server = RedisServer(tmp_path / "redis").start()
    urls = {"REDIS_URL": server.url(), "CELERY_BROKER_URL": server.url(1)}
    gateway = Gateway(tmp_path, **urls)
    redis = Redis.from_url(server.url())
    try:
        redis.set("quote:AAPL", '{"symbol":"AAPL","close":12.5}')
        server.stop()
        eventually_healthy(gateway, "subscription", ok=False)

        # When it is asked for
        viewer = look("?symbol=AAPL", gateway=gateway, complains=True)
        quote = viewer.page.locator("#quote")
        expect(viewer.page.locator("#state")).to_contain_text("Data unavailable")

        # Then it is still waited for, and comes with Redis
        expect(quote.locator(".note")).to_have_text("Asking for AAPL")
        server.start()
        redis.set(GAINERS.scanner, '[{"rank":1,"symbol":"AAPL"},{"rank":2,"symbol":"MSFT"}]')
        expect(quote.locator("[data-field=close]")).to_have_text("12.50")

        # And so does all of a board, although nobody publishes it
        eventually_healthy(gateway, "subscription", ok=True)
        viewer.sees("gainers", "AAPL", "MSFT")
    finally:
        gateway.stop()
        server.stop()


def test_a_feed_that_has_stopped_is_no_quiet_market(look: Look, three: System) -> None:
    viewer = look()
    page, state = viewer.page, viewer.page.locator("#state")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # Its bars may be old already, where the browser took its time.
    three.process([bar("NEW", "09:30:03", close=3.15, o=3.0, av=501)])
    expect(state).to_have_attribute("data-state", "live")
    price = page.locator("#board-gainers .row .close").first
    bright = price.evaluate("(cell) => getComputedStyle(cell).color")

    # When no bar comes for some seconds of the session
    expect(state).to_contain_text(re.compile(r"No bars\s+for \d+ s"))

    # Then rows are dimmed, screen readers hear it, and the tab says so
    expect(state).to_have_attribute("data-state", "halted")
    expect(price).not_to_have_css("color", bright)
    expect(page.locator("#announcement")).to_contain_text("No bars come")
    expect(page).to_have_title(re.compile("^No bars"))
    expect(page.locator("link[rel=icon]")).to_have_attribute("href", "status/icon-trouble.svg")

    # And it is live again with the next bar
    three.process([bar("AAPL", "09:30:10", close=11.0, av=3_000)])
    expect(state).to_contain_text("Live")
    expect(price).to_have_css("color", bright)
    expect(page).to_have_title("Live leaderboards")


def test_a_closed_market_says_until_when(look: Look, three: System) -> None:
    # Given a Friday on which trading has ended
    three.process([bar("AAPL", "20:00:00", close=11.0, av=3_000)])

    # When it is looked at for longer than a silence of the session may be
    page = look().page
    page.clock.install()
    page.reload()
    expect(page.locator("#session")).to_have_text("Market closed, Fri 20 Nov 2026")
    page.clock.run_for(6_000)

    # Then it is closed until the next trading day
    expect(page.locator("#state")).to_contain_text(re.compile(r"Closed\s+until Monday 04:00 ET"))
    expect(page.locator("#session")).to_have_text("Market closed, Fri 20 Nov 2026")


def test_how_things_stand_is_shown_part_by_part(look: Look, three: System) -> None:
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    viewer.page.locator("#state").click()

    values = viewer.page.locator("#status-details .pair")
    expect(values.filter(has_text="Boards of")).to_contain_text("Fri 20 Nov 2026")
    expect(values.filter(has_text="Newest bar")).to_contain_text(re.compile(r"ended 09:30:03 ET, came .+ ago"))
    expect(values.filter(has_text="Feed of Gainers")).to_contain_text("ago")
    expect(values.filter(has_text="Not well")).to_contain_text("workers")
    viewer.page.keyboard.press("Escape")
    expect(viewer.page.locator("#status-details")).to_be_hidden()


def test_late_bars_are_shown_as_late(look: Look, three: System, wall_gateway: Gateway) -> None:
    # Given a market whose time is the machine's, and bars of long ago
    viewer = look(gateway=wall_gateway, script=ALWAYS_OPEN)
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When another is published
    three.process([bar("AAPL", "09:30:10", close=11.0, av=3_000)])

    # Then it is not shown as the present
    expect(viewer.page.locator("#state")).to_contain_text(re.compile(r"Data delayed\s+by \d+ (h|days)"))


def test_a_quiet_board_is_late_only_where_the_market_is(look: Look, redis: Redis, wall_gateway: Gateway) -> None:
    # Given a market whose volume board is of symbols that have not traded for 40 s
    over, others_age = threading.Event(), [0]

    def publish_boards() -> None:
        while not over.wait(0.2):
            now = round(time.time() * 1000)
            for board in BOARDS:
                age = 40_000 if board.name == "volume" else others_age[0]
                row = {"rank": 1, "symbol": "AAPL", "close": 1.0, "end_timestamp": now - age}
                publish(redis, board, msgspec.json.encode([row]))
            redis.hset(keys.SNAPSHOT, mapping={"published_at": now, "attempted_at": now})

    publisher = threading.Thread(target=publish_boards)
    publisher.start()
    try:
        # When it is looked at, then it is live, on all boards as on that one alone
        open_always = {"gateway": wall_gateway, "script": ALWAYS_OPEN}
        viewers = look(**open_always), look(**open_always, viewport=PHONE)
        for viewer in viewers:
            viewer.sees("volume", "AAPL")
            expect(viewer.page.locator("#state .what")).to_have_text("Live")

        # And when no bar of anything is newer, both say that bars are late
        others_age[0] = 30_000
        for viewer in viewers:
            viewer.ask_status()
            expect(viewer.page.locator("#state")).to_contain_text(re.compile(r"Data delayed\s+by 3\d s"))

        # And both are live again with the next
        others_age[0] = 0
        for viewer in viewers:
            expect(viewer.page.locator("#state .what")).to_have_text("Live")
    finally:
        over.set()
        publisher.join()


def test_nobody_publishing_is_no_quiet_market(look: Look, system: System, redis: Redis) -> None:
    # Given boards that nobody publishes any more
    system.process([bar("AAPL", "09:30:00")])
    eventually(lambda: system.publish().result == "published")
    redis.hset(keys.SNAPSHOT, "attempted_at", 1)

    # When they are looked at, then the page says so, and operators read why
    state = look().page.locator("#state")
    expect(state).to_contain_text("Boards stand still")
    expect(state).to_have_attribute("title", re.compile("Nobody publishes"))


def test_a_system_that_starts_is_no_trouble(look: Look, redis: Redis) -> None:
    # Given a system of which nothing was published yet
    page = look().page

    expect(page.locator("#state")).to_have_text(re.compile("Starting"))
    expect(page).to_have_title("Live leaderboards")
