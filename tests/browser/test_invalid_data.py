"""Whatever is published or answered, the page keeps running, and nothing becomes markup."""

import re

from playwright.sync_api import Route, expect
from redis import Redis

from leaderboard.boards import BY_NAME
from leaderboard.system import System
from tests.support.market import at, bar
from tests.support.watch.browsers import HOSTILE, Look
from tests.support.watch.publications import publish

GAINERS = BY_NAME["gainers"]
# What may be published on the channel of a board or a symbol, or come as an answer.
INVALID = [
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


def test_what_is_published_never_becomes_markup(look: Look, three: System, redis: Redis) -> None:
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When a row comes with markup where symbol and numbers should be
    hostile = HOSTILE.replace('"', "'")
    publish(redis, GAINERS, f'[{{"rank": 1, "symbol": "{hostile}", "close": "{hostile}", "change": "<b>"}}]')

    # Then it is shown as the text it is, or not at all
    viewer.sees("gainers", hostile)
    assert viewer.page.locator("#place-boards :is(img, b)").count() == 0
    assert viewer.page.evaluate("window.caught") is None

    # And a publication that is no board leaves it as it was, until the next one that is
    publish(redis, GAINERS, '{"symbol": "AAPL"}')
    publish(redis, GAINERS, '[{"rank": 1, "symbol": "AAPL"}]')
    viewer.sees("gainers", "AAPL")


def test_whatever_is_published_the_page_goes_on(look: Look, three: System, redis: Redis) -> None:
    # Given a page with a quote
    viewer = look("?symbol=AAPL")
    quote = viewer.page.locator("#quote [data-field=close]")
    expect(quote).to_have_text("12.00")
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When all that is no board and no quote is published, then what is one
    for invalid in INVALID:
        redis.publish(GAINERS.scanner, invalid)
        redis.publish("quote:AAPL", invalid)
        # Each is looked at by itself.
        viewer.next_frame()
    three.process([bar("NEW", "09:30:10", close=6.0, av=5_000), bar("AAPL", "09:30:10", close=11.5, av=5_000)])

    # Then it is shown, and the browser has complained of nothing
    viewer.sees("gainers", "NEW", "AAPL", "MSFT")
    expect(quote).to_have_text("11.50")
    expect(viewer.page.locator("#state .what")).to_have_text(re.compile("Live|No change"))
    expect(viewer.page.locator("#clock")).to_have_text("09:30:11 ET")
    expect(viewer.page.get_by_role("dialog")).to_be_hidden()


def test_whatever_the_gateway_answers_the_page_goes_on_asking(look: Look, three: System) -> None:
    # Given a page whose questions are answered with anything
    viewer = look()
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    now = at("12:00:00")
    answers = [
        *INVALID,
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
            viewer.ask_status()
        viewer.page.wait_for_timeout(10)

    # When they are answered properly again
    viewer.page.unroute(re.compile("/api/status|/healthz"))

    # Then it asks by itself, and shows the answer
    with viewer.page.expect_response(re.compile("/api/status")) as response:
        pass
    assert response.value.status == 200
    expect(viewer.page.locator("#session")).to_have_text("Regular session, Fri 20 Nov 2026")
    expect(viewer.page.locator("#clock")).to_have_text("09:30:03 ET")
