"""Alerts as messages for people."""

from hypothesis import given
from hypothesis import strategies as some

from leaderboard.alerts.alert import Alert
from tests.support.alerts import AT, alert
from watch.notify.message import Message, message_of


def test_one_alert_is_its_text() -> None:
    assert message_of([alert("AAPL")], 4_000) == Message("AAPL: new-high", "AAPL has a new high")


def test_several_come_together_with_their_times_in_new_york() -> None:
    message = message_of([alert("AAPL"), alert("MSFT", "spike", AT + 1_000)], 4_000)

    assert message.title == "2 alerts: AAPL, MSFT"
    assert message.body.splitlines() == [
        "09:31:07 AAPL has a new high",
        "09:31:08 MSFT has a new high",
    ]


def test_a_title_names_a_few_symbols_each_once() -> None:
    message = message_of([alert(f"S{n % 8}") for n in range(20)], 4_000)

    assert message.title == "20 alerts: S0, S1, S2, S3, S4 and 3 more"


def test_the_newest_are_shown_if_not_all_find_room() -> None:
    message = message_of([alert(f"S{n}") for n in range(100)], 300)

    first, *lines = message.body.splitlines()
    assert first == f"{100 - len(lines)} earlier ones left out"
    assert lines == [f"09:31:07 S{n} has a new high" for n in range(100 - len(lines), 100)]


ALERTS = some.lists(
    some.builds(alert, some.text("ABC", min_size=1, max_size=8), some.text("abc-", min_size=1, max_size=30)),
    min_size=1,
    max_size=60,
)


@given(ALERTS, some.integers(160, 4_000))
def test_no_message_is_longer_than_its_service_takes(alerts: list[Alert], longest: int) -> None:
    message = message_of(alerts, longest)

    assert len(message.title) + 2 + len(message.body) <= longest
    assert message.body
