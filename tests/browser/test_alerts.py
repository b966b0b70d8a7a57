"""The panel of alerts: what has fired, and how the page calls its user."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from redis import Redis

from config.settings import SHIPPED_SCREENS
from leaderboard import keys
from leaderboard.alerts import alerts_file, definition
from leaderboard.alerts.definition import Definition
from leaderboard.screens import definition as screen_definition
from leaderboard.screens import screens_file
from leaderboard.system import System
from tests.support.alerts import AT, alert, fire
from tests.support.waiting import eventually
from tests.support.watch.browsers import PHONE, SCREENSHOTS, WIDE, Look, Viewer
from tests.support.watch.gateways import Gateway

RULES = (
    Definition("new-high", "New high", "new_high", ("close >= 1",), ("regular",), 0, 60),
    Definition("spike", "Spike", "spike", (), (), 0, 60),
    Definition("new-low", "New low", "new_low", (), (), 0, 60),
)
# Counts the sounds that are made, and the notifications that are shown.
HEARD = """
    window.heard = [];
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...rest) {
      window.heard.push(this.frequency.value);
      return start.apply(this, rest);
    };
    window.notified = [];
    window.Notification = class extends EventTarget {
      static permission = "granted";
      static requestPermission = async () => "granted";
      constructor(text) { super(); window.notified.push(text); }
      close() {}
    };
    document.hasFocus = () => false;
"""
#: Whether the page is the window of its browser that sounds.
SOUNDS = "navigator.locks.query().then(({ held }) => held.some(({ name }) => name === 'alert-sounds'))"
#: A script of a page: which rules there are comes once the test calls `tell`, however long that takes.
RULES_COME_LATE = """
    const ask = window.fetch;
    window.fetch = async (path, ...rest) => {
      if (!String(path).startsWith("api/alerts/rules")) return ask(path, ...rest);
      await new Promise((done) => { window.tell = done; });
      return ask(path);
    };
"""


@pytest.fixture
def rules(redis: Redis) -> None:
    redis.set(keys.ALERT_RULES, definition.encode(RULES))


def listed(page: Page) -> Locator:
    return page.locator(".alert-list .alert .words")


def opened(look: Look, **options: Any) -> Viewer:
    """A wide page, on which the alerts have a place of their own."""
    viewer = look(viewport=WIDE, **options)
    expect(viewer.page.locator(".alerts")).to_be_visible()
    return viewer


def test_alerts_are_listed_as_they_fire(look: Look, three: System, redis: Redis, rules: None) -> None:
    # Given an alert from before the page was opened
    fire(redis, alert("AAPL"))
    viewer = opened(look)
    page = viewer.page
    expect(listed(page)).to_have_text(["AAPL has a new high"])

    # When others fire, then they stand above it
    fire(redis, alert("MSFT", "spike", AT + 1_000), alert("NEW", "spike", AT + 1_000))
    expect(listed(page)).to_have_count(3)
    expect(listed(page).last).to_have_text("AAPL has a new high")
    page.screenshot(path=SCREENSHOTS / "alerts-wide.png")

    # And a rule can be chosen, and a symbol selected
    page.get_by_label("Only alerts of this rule").select_option("New high")
    expect(listed(page)).to_have_text(["AAPL has a new high"])
    listed(page).first.click()
    expect(page.locator("#board-gainers .row.active .symbol")).to_have_text("AAPL")


def test_what_fired_while_away_is_there_on_return(
    look: Look, three: System, redis: Redis, rules: None, tmp_path: Path
) -> None:
    gateway = Gateway(tmp_path, MARKET_CLOCK="events")
    try:
        page = opened(look, gateway=gateway, complains=True).page
        fire(redis, alert("AAPL"))
        expect(listed(page)).to_have_count(1)

        # Given a page that has lost its gateway while others fire
        gateway.stop()
        expect(page.locator("#state")).to_have_attribute("data-state", "lost")
        fire(redis, alert("MSFT", "spike", AT + 1_000))

        # When the gateway is back, then they are listed, without anything that the user does
        gateway.start()
        expect(listed(page)).to_have_text(["MSFT has a new high", "AAPL has a new high"])
    finally:
        gateway.stop()


def test_unseen_alerts_stand_in_the_title(look: Look, three: System, redis: Redis, rules: None) -> None:
    # Given a narrow page that shows its boards
    viewer = look(viewport=PHONE)
    page = viewer.page
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    # What fires before the page knows the alerts of before counts as seen.
    page.wait_for_function("localStorage.getItem('alerts-seen') !== null")

    # When alerts fire, then the tab says how many, until the user looks at them
    fire(redis, alert("AAPL"), alert("MSFT"))
    expect(page).to_have_title(re.compile(r"^\(2 alerts\) "))
    tab = page.locator("#tab-bar").get_by_role("button", name="Alerts")
    expect(tab).to_have_text("Alerts (2)")
    tab.click()
    expect(page).not_to_have_title(re.compile("alert"))
    expect(tab).to_have_text("Alerts")
    expect(page.locator(".alert-list .unseen")).to_have_count(2)
    page.screenshot(path=SCREENSHOTS / "alerts-phone.png")
    assert viewer.spilt() == []


def test_who_comes_for_the_first_time_has_missed_nothing(
    look: Look, three: System, redis: Redis, rules: None
) -> None:
    # Given an alert from before the first visit
    fire(redis, alert("AAPL"))
    page = opened(look).page
    expect(listed(page)).to_have_count(1)

    # Then neither the list nor the title says that it is new
    expect(page.locator(".alert-list .unseen")).to_have_count(0)
    expect(page).not_to_have_title(re.compile("alert"))


def test_each_rule_sounds_unless_alerts_are_muted(look: Look, three: System, redis: Redis, rules: None) -> None:
    # Given a page whose user has asked for sounds by the first click
    viewer = opened(look, script=HEARD)
    page = viewer.page
    page.get_by_role("button", name="Unmute").click()
    expect(page.get_by_role("button", name="Mute", exact=True)).to_be_visible()
    page.wait_for_function(SOUNDS)

    def heard_of(rule: str, second: int, symbol: str) -> list[float]:
        page.evaluate("window.heard = []")
        fire(redis, alert(symbol, rule, AT + second * 1_000))
        expect(listed(page).first).to_contain_text(symbol)
        sounds: list[float] = page.evaluate("window.heard")
        return sounds

    # When rules fire, then they sound different
    first, second = heard_of("new-high", 0, "A"), heard_of("spike", 1, "B")
    assert first
    assert second
    assert first != second

    # And muted they do not, nor in quiet hours
    page.keyboard.press("m")
    assert heard_of("new-high", 2, "C") == []
    page.keyboard.press("m")
    page.locator(".alert-settings summary").click()
    page.get_by_label("Do not disturb").select_option("60")
    assert heard_of("new-high", 3, "D") == []
    expect(page.locator(".alert-settings summary")).to_contain_text("quiet until")
    expect(page.get_by_role("button", name="Alerts: quiet until")).to_be_visible()

    # Which may have an end of the user's choice, or end at once
    page.get_by_label("or until, by your clock").fill("16:00")
    expect(page.get_by_role("button", name="Alerts: quiet until 16:00")).to_be_visible()
    page.get_by_role("button", name="End quiet").click()
    expect(page.get_by_role("button", name="Mute", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Alerts: quiet until")).to_be_hidden()
    assert heard_of("new-low", 4, "E")


def test_the_system_notifies_of_alerts(look: Look, three: System, redis: Redis, rules: None) -> None:
    viewer = opened(look, script=HEARD)
    page = viewer.page
    page.locator(".alert-settings summary").click()
    page.get_by_label("Notifications").check()

    # When one fires, then it is named; when many do, they are one notification
    fire(redis, alert("AAPL"))
    eventually(lambda: len(page.evaluate("window.notified")) == 2)
    fire(redis, *(alert(f"S{n}", "spike", AT + 1_000) for n in range(5)))
    eventually(lambda: len(page.evaluate("window.notified")) == 3)
    sample, one, many = page.evaluate("window.notified")
    assert sample == "Alerts are shown like this."
    assert one == "AAPL has a new high"
    assert many.startswith("5 alerts: S")


def test_a_rule_is_made_of_a_screen_of_ones_own(
    look: Look, three: System, redis: Redis, rules: None, tmp_path: Path
) -> None:
    # Given a screen that was made on the page, which compares two fields and ranks the lowest first
    viewer = opened(look, script=RULES_COME_LATE)
    page = viewer.page
    viewer.sees("gappers", "AAPL", "MSFT", "NEW")
    page.locator("#board-gappers").get_by_role("button", name="More for Gappers").click()
    page.locator(".popup:popover-open").get_by_role("button", name="Make a screen of this board").click()
    dialog = page.get_by_role("dialog", name="Make a screen")
    dialog.get_by_label("Title").fill("New high")
    dialog.get_by_label("Order").select_option("ascending")
    dialog.get_by_role("button", name="Add a condition").click()
    dialog.get_by_label("Number, or a field").last.fill("0.5 * day_high")
    dialog.get_by_role("button", name="Show it as a board").click()
    made = page.locator(".board", has=page.get_by_role("heading", name="New high"))
    expect(made.locator(".row").first).to_be_visible()

    # When a rule is made of it, then its conditions are the screen's, and its name is none that there is, once the
    # page knows those
    made.locator(".row .symbol").first.click()
    page.keyboard.press("a")
    path = tmp_path / "alerts.toml"
    text = page.get_by_label("The rule as TOML")
    expect(text).to_have_value(re.compile('"new-high"'))
    page.evaluate("window.tell()")
    expect(text).to_have_value(re.compile('"new-high-2"'))
    path.write_text(text.input_value())
    [rule] = alerts_file.load(path)
    assert rule.name == "new-high-2"
    assert "close >= 0.5 * day_high" in [*map(str, rule.conditions)]


@pytest.mark.parametrize(
    ("board", "expected"),
    [("gainers", "enters:gainers:10"), ("small_caps", "enters:small_caps:10")],
)
def test_a_rule_is_made_of_a_board(
    look: Look, three: System, redis: Redis, rules: None, tmp_path: Path, board: str, expected: str
) -> None:
    # Given a page that shows a board, or one of the shipped screens
    screens = [screen.definition for screen in screens_file.load(SHIPPED_SCREENS)]
    redis.set(keys.SCREENS, screen_definition.encode(screens))
    viewer = opened(look)
    page = viewer.page
    viewer.sees("volume", "AAPL", "MSFT", "NEW")
    page.locator("#board-volume").get_by_label("Board shown here").select_option(board)
    expect(page.locator(f"#board-{board}")).to_be_visible()

    # When a rule is made of it
    page.get_by_role("button", name="Rule for the server").click()
    text = page.get_by_label("The rule as TOML")
    expect(text).to_have_value(re.compile("alert"))
    page.screenshot(path=SCREENSHOTS / f"alert-rule-{board}.png")

    # Then the file of rules may have it
    path = tmp_path / "alerts.toml"
    path.write_text(text.input_value())
    [rule] = alerts_file.load(path, [screen.name for screen in screens])
    assert str(rule.event) == expected
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#notice")).to_contain_text("opied the rule")
