"""Users search for symbols."""

import json

import msgspec
from playwright.sync_api import expect
from redis import Redis

from leaderboard.boards import BY_NAME
from leaderboard.fields import NAMES
from leaderboard.system import System
from tests.support.market import bar
from tests.support.watch.browsers import PHONE, Look
from tests.support.watch.publications import publish

GAINERS = BY_NAME["gainers"]


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

    # And one that comes while its letters stand there is suggested then
    page.fill("#symbol", "late")
    expect(page.locator("#symbols option")).to_have_count(0)
    three.process([bar("LATE", "09:30:05", close=20.0)])
    expect(page.locator("#symbols option")).to_have_attribute("value", "LATE")


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
    row = {"rank": 1, **dict.fromkeys(NAMES, 1.0), "symbol": "BRKpA", "close": 500.0}
    redis.set("quote:BRKpA", json.dumps(row))
    viewer = look(viewport=PHONE)
    page = viewer.page
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    publish(redis, GAINERS, msgspec.json.encode([row]))

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
