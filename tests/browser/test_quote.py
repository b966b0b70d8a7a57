"""The quote of one symbol: opened from a board, live, and closed."""

import json

from playwright.sync_api import expect
from redis import Redis

from leaderboard.fields import NAMES
from leaderboard.system import System
from tests.support.market import bar
from tests.support.watch.browsers import HOSTILE, Look


def test_a_row_opens_its_live_quote(look: Look, three: System) -> None:
    # Given a page
    viewer = look()
    page = viewer.page
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When a row is clicked
    page.locator("#board-gainers .row").nth(1).click()

    # Then the symbol's quote is shown, every field of it, and how many bars were conflated
    quote = page.get_by_role("complementary", name="Quote")
    expect(quote.locator("h2")).to_have_text("MSFT")
    expect(quote.locator("[data-field=close]")).to_have_text("44.00")
    expect(quote.locator("[data-field=pct_change]")).to_have_text("+10.00%")
    fields = quote.locator("[data-field]").evaluate_all("all => all.map((each) => each.dataset.field)")
    assert sorted(["symbol", *fields]) == sorted([*NAMES, "folded"])

    # And it follows the next bar
    three.process([bar("MSFT", "09:30:10", close=43.0, av=3_000)])
    expect(quote.locator("[data-field=close]")).to_have_text("43.00")
    expect(quote.locator("[data-field=close]")).to_have_attribute("data-tick", "down")

    # And Escape closes it
    page.keyboard.press("Escape")
    expect(quote).to_be_hidden()


def test_a_quote_shows_how_many_bars_were_conflated(look: Look, three: System, redis: Redis) -> None:
    # Given a symbol's quote
    viewer = look()
    viewer.page.fill("#symbol", "AAPL")
    viewer.page.keyboard.press("Enter")
    folded = viewer.page.locator("#quote [data-field=folded]")
    expect(folded).to_have_text("0")

    # When a quote comes into which other bars were conflated
    quote = json.loads(redis.get("quote:AAPL") or b"") | {"folded": 12}
    redis.publish("quote:AAPL", json.dumps(quote))

    # Then it says so
    expect(folded).to_have_text("12")


def test_an_unknown_symbol_is_shown_as_unknown_until_its_first_bar(look: Look, three: System) -> None:
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
