"""The desk shows a second of the past: boards and quote as they were published, and nothing that looks live."""

import json
import re
from collections.abc import Iterator
from datetime import date

import pytest
from playwright.sync_api import Route, expect
from redis import Redis

from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.boards import Order
from leaderboard.screens import definition
from leaderboard.screens.definition import Definition
from leaderboard.system import System
from tests.support.alerts import alert, fire
from tests.support.made_day import MadeDay, made_day
from tests.support.market import at
from tests.support.watch.browsers import PHONE, WIDE, Look, Viewer
from tests.support.watch.gateways import Gateway
from tests.support.watch.publications import publish

SATURDAY = date(2026, 11, 21)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> MadeDay:
    """A recorded day of 40 seconds from 09:29:50 on."""
    return made_day(tmp_path_factory.mktemp("past") / "history", 40)


@pytest.fixture(scope="module")
def recording(redis_server: RedisServer, day: MadeDay) -> Iterator[Gateway]:
    """A gateway where it is recorded."""
    started = Gateway(day.history.parent, MARKET_CLOCK="events", HISTORY_DIR=str(day.history))
    yield started
    started.stop()


@pytest.fixture(scope="module")
def replayed(redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway where 20 seconds from 09:30:00 on were recorded that were published on another day's afternoon.

    In their midst, the replay stood still for some time.
    """
    folder = tmp_path_factory.mktemp("replayed")
    made = MadeDay(folder / "history")
    for second in range(20):
        end = at("09:30:00") + second * 1_000
        bars = [
            {"sym": f"S{n}", "s": end - 1_000, "e": end, "c": 10 + n, "av": 100 * second + n} for n in range(3)
        ]
        made.second(bars, at("15:00:00", SATURDAY) + (second + (13 if second >= 8 else 0)) * 1_000)
    started = Gateway(folder, MARKET_CLOCK="events", HISTORY_DIR=str(made.history))
    yield started
    started.stop()


@pytest.fixture
def live(look: Look, three: System, recording: Gateway) -> Viewer:
    """A live page of other symbols than those that are recorded."""
    viewer = look(gateway=recording)
    viewer.sees("gainers", "AAPL", "MSFT", "NEW")
    return viewer


def sees_second(viewer: Viewer, day: MadeDay, clock: str) -> None:
    """Wait until the boards are those of a second, and the page's clock shows it."""
    for board in ("volume", "gainers"):
        rows = json.loads(day.published[at(clock)][board])
        viewer.sees(board, *(row["symbol"] for row in rows))
    expect(viewer.page.locator("#clock")).to_have_text(f"{clock} ET")
    expect(viewer.page.locator("body")).to_have_attribute("data-time", "past")


def go_to(viewer: Viewer, clock: str) -> None:
    field = viewer.page.get_by_label("Time in New York")
    field.fill(clock)
    field.press("Enter")


def test_a_second_of_the_past_is_shown_and_left_by_one_key(live: Viewer, day: MadeDay) -> None:
    page = live.page

    # When the user steps back, and back again
    page.keyboard.press("[")
    sees_second(live, day, "09:30:28")
    page.keyboard.press("[")
    sees_second(live, day, "09:30:27")

    # Then it is unmistakable that this is not live
    expect(page.locator("#state")).to_contain_text("Past")
    expect(page.locator("#session")).to_have_text("Past, Fri 20 Nov 2026")
    expect(page).to_have_title(re.compile("09:30:27"))
    expect(page.locator("#announcement")).to_have_text("The past is shown, not the present")
    expect(page.get_by_role("button", name="Live", exact=True)).to_have_attribute("aria-pressed", "false")

    # And one key leads back
    page.keyboard.press("l")
    live.sees("gainers", "AAPL", "MSFT", "NEW")
    expect(page.locator("#time-bar")).to_be_hidden()
    expect(page.locator("body")).to_have_attribute("data-time", "live")
    expect(page).to_have_title(re.compile("^(No bars · )?Live leaderboards$"))


def test_an_order_that_is_kept_is_not_kept_for_another_time(live: Viewer, day: MadeDay) -> None:
    live.page.keyboard.press("p")
    expect(live.page.get_by_role("button", name="Order paused")).to_be_visible()
    live.page.keyboard.press("[")
    expect(live.page.get_by_role("button", name="Pause order")).to_be_visible()
    live.page.keyboard.press("[")
    sees_second(live, day, "09:30:27")


def test_any_second_can_be_typed_and_its_quotes_are_of_it(live: Viewer, day: MadeDay) -> None:
    page = live.page
    page.get_by_role("button", name="Past").click()
    live.sees("gainers", "AAPL", "MSFT", "NEW")

    # When a time is typed, and a row of that second chosen
    go_to(live, "9:30:07")
    sees_second(live, day, "09:30:07")
    page.locator("#board-volume .row").first.click()

    # Then quote and chart are of that second too, and follow to another one
    rows = {clock: json.loads(day.published[at(clock)]["volume"]) for clock in ("09:30:07", "09:30:11")}
    symbol = rows["09:30:07"][0]["symbol"]
    for clock, published in rows.items():
        go_to(live, clock)
        close = next(row["close"] for row in published if row["symbol"] == symbol)
        expect(page.locator("#quote [data-field=close]").first).to_have_text(f"{close:.2f}")
        expect(page.locator("#place-chart .figure.close")).to_have_text(f"C{close:.2f}")

    # And what is no time is named
    go_to(live, "noon")
    expect(page.locator("#time-bar .note")).to_contain_text("A time is expected")
    sees_second(live, day, "09:30:11")


def test_a_symbol_that_had_not_traded_is_not_unknown(
    look: Look, three: System, recording: Gateway, day: MadeDay
) -> None:
    # Given the live quote of a symbol of which nothing was recorded on the day
    page = look("?symbol=AAPL", gateway=recording).page
    close = page.locator("#quote [data-field=close]").first
    expect(close).to_have_text("12.00")

    # When a second of that day is shown, then it has no figures of the present, and they come back with it
    page.keyboard.press("[")
    expect(page.locator("#quote .note").first).to_have_text("No bar of it is known on this day up to this second.")
    expect(close).to_have_text("")
    page.keyboard.press("l")
    expect(close).to_have_text("12.00")


def test_a_pane_says_why_it_has_no_rows_then(
    look: Look, three: System, redis: Redis, recording: Gateway, day: MadeDay
) -> None:
    # Given a page with a screen that was not published on the recorded day, and one that was made on the page
    losers = Definition("losers", "Losers", "", "pct_change", Order.ASCENDING, 500, (), (), "close")
    redis.set(keys.SCREENS, definition.encode([losers]))
    row = {"rank": 1, "symbol": "NOW", "close": 9.0, "pct_change": -1.0, "end_timestamp": at("09:30:03")}
    publish(redis, losers, json.dumps([row]))
    viewer = look("#(boards:(panes:!((board:volume),(board:losers),(draft:(title:Mine,by:close", gateway=recording)
    page = viewer.page
    viewer.sees("losers", "NOW")
    mine = page.locator("section.board").nth(2)
    expect(mine.locator(".row")).to_have_count(3)

    # When a second of the past is shown, then both say so, and have no rows of the present
    page.keyboard.press("[")
    viewer.sees("volume", *(row["symbol"] for row in json.loads(day.published[at("09:30:28")]["volume"])))
    viewer.sees("losers")
    expect(page.locator("#board-losers .nothing")).to_have_text("No screen 'losers' was published then.")
    expect(mine.locator(".row")).to_have_count(0)
    expect(mine.locator(".nothing")).to_contain_text("It is not recorded")

    # And live again they have them back
    page.keyboard.press("l")
    viewer.sees("losers", "NOW")
    expect(mine.locator(".row")).to_have_count(3)


def test_a_second_that_is_long_in_coming_shows_no_present(
    look: Look, three: System, recording: Gateway, day: MadeDay
) -> None:
    # Given a gateway that has not stored the second yet, of which the browser complains
    live = look(gateway=recording, complains=True)
    page = live.page
    live.sees("gainers", "AAPL", "MSFT", "NEW")
    page.route("**/api/past*", lambda route: route.fulfill(status=503, headers={"Retry-After": "1"}, json={}))
    page.keyboard.press("[")

    # Then the live rows are not shown as if they were of that second
    expect(page.locator("#time-bar .note")).to_have_text("Loading \u2026")
    live.sees("gainers")
    expect(page.locator("#board-gainers .nothing")).to_have_text("Loading \u2026")
    expect(page.locator("#clock")).to_have_text("--:--:-- ET")

    # And once it is stored it is shown
    page.unroute("**/api/past*")
    sees_second(live, day, "09:30:28")
    expect(page.locator("#time-bar .note")).to_have_text("")

    # And so is another one, while head and rows are of the same second, and dimmed
    page.route("**/api/past*", lambda route: route.fulfill(status=504, json={}))
    page.keyboard.press("[")
    expect(page.locator("#state-words")).to_have_text("Loading 09:30:27")
    sees_second(live, day, "09:30:28")
    expect(page.locator("body[data-loading]")).to_be_attached()
    expect(page.get_by_label("Time in New York")).to_have_value("09:30:27")
    page.unroute("**/api/past*")
    sees_second(live, day, "09:30:27")
    expect(page.locator("#state-words")).to_have_text("Past")


def test_each_step_counts_while_the_days_are_read(live: Viewer, day: MadeDay) -> None:
    # Given a gateway that does not say at once which days are recorded
    page, waiting = live.page, list[Route]()
    page.route("**/api/days", lambda route: waiting.append(route))

    # When the user steps back three times meanwhile
    for _ in range(3):
        page.keyboard.press("[")
    expect(page.locator("#time-bar .note")).to_have_text("Reading which days are recorded")
    for route in waiting:
        route.continue_()
    page.unroute("**/api/days")

    # Then all three count
    sees_second(live, day, "09:30:26")


def test_a_time_that_is_typed_stays_while_the_past_plays(live: Viewer, day: MadeDay) -> None:
    page = live.page
    page.get_by_role("button", name="Past").click()
    go_to(live, "09:29:55")
    page.get_by_role("button", name="Play", exact=True).click()

    # When the user types while it plays
    field, clock = page.get_by_label("Time in New York"), page.locator("#clock")
    field.fill("9:29:50")
    expect(clock).to_have_text(re.compile("^09:(29:5[7-9]|30:..) ET$"))

    # Then the text stays, and counts: it plays on from there
    expect(field).to_have_value("9:29:50")
    field.press("Enter")
    expect(clock).to_have_text(re.compile("^09:29:5[0-6] ET$"))
    page.get_by_role("button", name="Pause", exact=True).click()
    sees_second(live, day, clock.inner_text().removesuffix(" ET"))


def test_alerts_are_those_that_had_fired_up_to_the_second(
    look: Look, three: System, redis: Redis, recording: Gateway, day: MadeDay
) -> None:
    # Given alerts of two seconds, each from when the second's boards were published
    fire(redis, alert("S1", at=at("09:30:27") + 350))
    fire(redis, alert("S2", at=at("09:30:28") + 350))
    viewer = look(gateway=recording, viewport=WIDE)
    listed = viewer.page.locator(".alert-list .symbol")
    expect(listed).to_have_text(["S2", "S1"])

    # When the later one is shown, and then the one before, then each has its own alerts and older ones
    viewer.page.keyboard.press("[")
    sees_second(viewer, day, "09:30:28")
    expect(listed).to_have_text(["S2", "S1"])
    viewer.page.keyboard.press("[")
    sees_second(viewer, day, "09:30:27")
    expect(listed).to_have_text(["S1"])


def test_a_slider_goes_through_the_day(live: Viewer, day: MadeDay) -> None:
    page = live.page
    page.get_by_role("button", name="Past").click()
    slider = page.get_by_label("Time of the day")
    expect(slider).to_be_enabled()
    slider.focus()
    page.keyboard.press("Home")
    sees_second(live, day, "09:29:50")
    page.keyboard.press("ArrowRight")
    sees_second(live, day, "09:29:51")
    page.keyboard.press("End")
    sees_second(live, day, "09:30:29")
    expect(slider).to_have_attribute("aria-valuetext", "09:30:29, Friday 20 November")

    # And while it is dragged, one second is asked for at a time
    under_way, most = 0, 0

    def began() -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)

    def ended() -> None:
        nonlocal under_way
        under_way -= 1

    page.on("request", lambda request: began() if "/api/past" in request.url else None)
    page.on("requestfinished", lambda request: ended() if "/api/past" in request.url else None)
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
    sees_second(live, day, "09:29:59")
    assert most == 1


def test_the_past_plays_until_there_is_no_more(live: Viewer, day: MadeDay) -> None:
    page = live.page
    page.get_by_role("button", name="Past").click()
    go_to(live, "09:30:00")
    sees_second(live, day, "09:30:00")

    # When it plays ten times as fast
    page.get_by_label("Speed").select_option("10")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()

    # Then it comes to the last second that is recorded, and says so
    sees_second(live, day, "09:30:29")
    expect(page.locator("#time-bar .note")).to_have_text("That is all that is recorded of this day")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_a_link_leads_to_the_second(live: Viewer, look: Look, recording: Gateway, day: MadeDay) -> None:
    # Given somebody who stays at a second
    live.page.get_by_role("button", name="Past").click()
    go_to(live, "09:30:07")
    expect(live.page).to_have_url(re.compile(r"at=2026-11-20T14%3A30%3A07Z"))

    # When another one opens the address on a phone
    query = live.page.url.partition("?")[2]
    viewer = look(f"?{query}", gateway=recording, viewport=PHONE)

    # Then that second is shown, and nothing is cut off
    viewer.sees("volume", *(row["symbol"] for row in json.loads(day.published[at("09:30:07")]["volume"])))
    assert viewer.spilt() == []

    # And live again, the address is as before
    viewer.page.get_by_role("button", name="Live", exact=True).click()
    expect(viewer.page).not_to_have_url(re.compile("at="))


def test_of_a_replay_the_markets_time_is_shown(look: Look, three: System, replayed: Gateway) -> None:
    viewer = look(gateway=replayed)
    page = viewer.page
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    page.get_by_role("button", name="Past").click()

    # When a time of the market is typed
    go_to(viewer, "9:30:10")

    # Then its second is found, though time passed unevenly, and rows that have just traded are not old
    viewer.sees("volume", "S2", "S1", "S0")
    expect(page.locator("#clock")).to_have_text("09:30:10 ET")
    expect(viewer.cell("volume", "S2", "close")).to_have_text("12.00")
    expect(page).to_have_url(re.compile(r"at=2026-11-21T20%3A00%3A23"))


def test_without_history_there_is_no_past(look: Look, three: System) -> None:
    page = look().page
    expect(page.locator("#past-open")).to_be_hidden()
    page.keyboard.press("[")
    expect(page.locator("#time-bar")).to_be_hidden()
