"""The quote of one symbol: opened from a board, live, and closed."""

import json
import re

from playwright.sync_api import expect
from redis import Redis

from leaderboard.fields import NAMES
from leaderboard.system import System
from tests.support.market import bar
from tests.support.watch.browsers import HOSTILE, PHONE, Look


def test_a_row_opens_its_live_quote(look: Look, three: System) -> None:
    # Given a page
    viewer = look()
    page = viewer.page
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")

    # When a row is clicked
    page.locator("#board-gainers .row").nth(1).click()

    # Then the symbol's quote is shown, every field of it; when its bar began is explained with its end
    quote = page.get_by_role("complementary", name="Quote")
    expect(quote.locator("h2")).to_have_text("MSFT")
    expect(quote.locator("[data-field=close]")).to_have_text("44.00")
    expect(quote.locator("[data-field=pct_change]")).to_have_text("+10.00%")
    fields = quote.locator("[data-field]").evaluate_all("all => all.map((each) => each.dataset.field)")
    assert sorted(["symbol", "start_timestamp", *fields]) == sorted(NAMES)

    # And it follows the next bar
    three.process([bar("MSFT", "09:30:10", close=43.0, av=3_000)])
    expect(quote.locator("[data-field=close]")).to_have_text("43.00")
    expect(quote.locator("[data-field=close]")).to_have_attribute("data-tick", "down")

    # And Escape closes it, where no explanation is open below the pointer
    page.mouse.move(1, 1)
    page.keyboard.press("Escape")
    expect(quote).to_be_hidden()


def test_a_quote_shows_how_many_bars_were_conflated(look: Look, three: System, redis: Redis) -> None:
    # Given a symbol's quote
    viewer = look()
    viewer.page.fill("#symbol", "AAPL")
    viewer.page.keyboard.press("Enter")
    time = viewer.page.locator("#quote [data-field=end_timestamp]")
    expect(time).to_have_text("09:30:01")
    expect(time).to_have_accessible_description("Its last bar lasted from 09:30:00 to 09:30:01 ET.")

    # When a quote comes into which other bars were conflated
    quote = json.loads(redis.get("quote:AAPL") or b"") | {"folded": 12}
    redis.publish("quote:AAPL", json.dumps(quote))

    # Then its description says so
    expect(time).to_have_accessible_description(re.compile("12 earlier bars were conflated into it"))


def test_what_is_less_asked_for_is_folded(look: Look, three: System) -> None:
    # Given a quote, whose first figures are the day's high and low
    viewer = look("?symbol=AAPL")
    quote = viewer.page.locator("#quote")
    expect(quote.locator("dt:visible")).to_contain_text(["High", "Low"])
    yesterday = quote.locator("[data-field=prev_day_close]")
    expect(yesterday).to_have_text("10.00")
    expect(yesterday).to_be_hidden()

    # When a fold is opened, then it stays open also when the page is loaded again
    quote.get_by_text("Previous day").click()
    expect(yesterday).to_be_visible()
    viewer.page.reload()
    expect(yesterday).to_be_visible()
    # And prices of one second say so
    quote.get_by_text("Last bar").click()
    expect(quote.get_by_text("Bar high")).to_be_visible()


def test_labels_explain_themselves(look: Look, three: System) -> None:
    viewer = look("?symbol=AAPL", has_touch=True)
    page, explanation = viewer.page, viewer.page.locator(".explanation")
    label = page.locator("#quote").get_by_role("button", name="VWAP", exact=True)
    about = "Volume-weighted average price of the day, dollars"
    expect(page.locator("#quote [data-field=close]")).to_have_text("12.00")

    # By hover, also while the pointer rests on the explanation itself, until Escape
    label.hover()
    expect(explanation).to_have_text(about)
    explanation.hover()
    viewer.next_frame()
    expect(explanation).to_be_visible()
    page.keyboard.press("Escape")
    expect(explanation).to_be_hidden()
    expect(page.locator("#quote")).to_be_visible()

    # By keyboard
    label.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(explanation).to_have_text(about)
    label.blur()
    expect(explanation).to_be_hidden()

    # And by touch
    label.tap()
    expect(explanation).to_have_text(about)
    page.locator("#quote h2").tap()
    expect(explanation).to_be_hidden()


def test_on_a_phone_the_quote_is_a_sheet_that_is_pulled(look: Look, three: System) -> None:
    # Given a sheet at the bottom of a phone
    page = look("?symbol=AAPL", viewport=PHONE, has_touch=True).page
    quote, handle = page.locator("#quote"), page.locator("#quote .handle")
    high = quote.locator("[data-field=day_high]")
    expect(high).to_be_visible()

    # When its handle is tapped, then only the price stays, until it is tapped again
    handle.tap()
    expect(high).to_be_hidden()
    expect(quote.locator("[data-field=close]")).to_have_text("12.00")
    page.get_by_role("button", name="Show all of the quote").tap()
    expect(high).to_be_visible()

    # And pulled up, where it holds more, it becomes higher; pulled down as high as it was, then low, and is closed
    def pull(distance: int) -> float:
        box = handle.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 100, box["y"] + 12)
        page.mouse.down()
        page.mouse.move(box["x"] + 100, box["y"] + 12 + distance)
        page.mouse.up()
        return box["y"]

    for fold in ("Previous day", "Last bar", "More of today"):
        quote.locator("summary", has_text=fold).tap()
    usual = pull(-60)
    assert pull(48) < usual
    assert pull(48) == usual
    pull(48)
    expect(quote).to_be_hidden()


def test_an_arriving_quote_is_announced_once(look: Look, three: System) -> None:
    viewer = look("?symbol=AAPL")
    said = viewer.page.locator("#quote > [role=status]")
    expect(said).to_have_text("AAPL: 12.00, +20.00% since the previous close")
    three.process([bar("AAPL", "09:30:10", close=13.0, av=3_000)])
    expect(viewer.page.locator("#quote [data-field=close]")).to_have_text("13.00")
    expect(said).to_have_text("AAPL: 12.00, +20.00% since the previous close")


def test_a_symbol_that_does_not_trade_says_for_how_long(look: Look, three: System) -> None:
    # Given a quote
    viewer = look("?symbol=AAPL")
    pause = viewer.page.locator("#quote .pause")
    expect(viewer.page.locator("#quote [data-field=close]")).to_have_text("12.00")
    expect(pause).to_be_empty()

    # When others trade on, then it says so from two minutes on, until it trades again
    three.process([bar("MSFT", "09:34:02", close=44.0, av=3_000)])
    expect(pause).to_have_text("No trades 4:02")
    three.process([bar("AAPL", "09:34:01", close=12.0, av=3_000)])
    expect(pause).to_be_empty()


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
