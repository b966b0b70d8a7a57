"""The notifier with a real Redis and real services: each alert reaches each of them, whatever stops meanwhile."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from redis import Redis

from leaderboard import keys
from leaderboard.alerts.notifier_report import NotifierReport
from tests.integration.watch.notify.conftest import Notifying
from tests.support.waiting import eventually
from tests.support.webhook import Webhook
from watch.notify.delivery import Pace

Fires = Callable[..., None]


def titles(webhook: Webhook) -> list[str]:
    return [message["title"] for message in webhook.messages]


def is_last(webhook: Webhook, title: str) -> bool:
    return titles(webhook)[-1:] == [title]


def failure(redis: Redis) -> str | None:
    """What the notifier's report says of a target that takes no alerts."""
    report = NotifierReport.read(redis)
    return report.failure if report else None


def test_a_new_target_is_sent_what_fires_from_now_on(
    redis: Redis, notifying: Notifying, webhook: Webhook, fires: Fires, tmp_path: Path
) -> None:
    # Given an alert, and then a notifier
    fires("OLD")
    with notifying(webhook) as status:
        assert status.is_sending
        # When others fire, one after another
        fires("A")
        eventually(lambda: titles(webhook) == ["A: new-high"])
        fires("B")
        # Then each is sent by itself
        eventually(lambda: titles(webhook) == ["A: new-high", "B: new-high"])
    assert (status.targets[0].sent, status.targets[0].expired, status.targets[0].age) == (2, 0, 0.0)
    # And it has left nothing behind, and shown that it was at work
    assert not redis.exists(keys.NOTIFIER_LEASE)
    assert (tmp_path / "heartbeat").exists()
    report = NotifierReport.read(redis)
    assert report
    assert (report.targets, report.failure, report.age) == (1, "", 0)


def test_what_fires_together_is_one_message(notifying: Notifying, webhook: Webhook, fires: Fires) -> None:
    with notifying(webhook) as status:
        fires(*(f"S{n}" for n in range(30)))
        eventually(lambda: status.targets[0].sent == 30)
    assert titles(webhook) == ["30 alerts: S0, S1, S2, S3, S4 and 25 more"]
    assert len(webhook.lines) == 30


def test_what_fires_before_the_next_message_may_be_sent_waits_for_it(
    notifying: Notifying, webhook: Webhook, fires: Fires
) -> None:
    with notifying(webhook, pace=Pace(interval=1.0, max_age=900.0)):
        fires("A")
        eventually(lambda: titles(webhook) == ["A: new-high"])
        for symbol in "BCD":
            fires(symbol)
        eventually(lambda: titles(webhook) == ["A: new-high", "3 alerts: B, C, D"])


def test_a_target_that_is_away_misses_nothing_and_delays_no_other(
    redis: Redis, notifying: Notifying, webhook: Webhook, other: Webhook, fires: Fires
) -> None:
    with notifying(webhook, other) as status:
        # Given a target that is away
        webhook.stop()
        for symbol in "ABC":
            fires(symbol)
            # Then the other one is sent each at once
            eventually(partial(is_last, other, f"{symbol}: new-high"))
        eventually(lambda: status.targets[0].failures >= 3)
        assert status.targets[0].age > 0
        # And the doctor can tell why they wait
        eventually(lambda: "1 JSON" in (failure(redis) or ""))
        # When it is back, then it is sent all of them, once
        webhook.start()
        eventually(lambda: titles(webhook) == ["3 alerts: A, B, C"])
        eventually(lambda: failure(redis) == "")
    assert status.targets[0].sent == status.targets[1].sent == 3


def test_what_a_target_refuses_is_sent_again(notifying: Notifying, webhook: Webhook, fires: Fires) -> None:
    webhook.status = 500
    with notifying(webhook) as status:
        fires("A")
        eventually(lambda: status.targets[0].failures >= 2)
        webhook.status = 200
        eventually(lambda: titles(webhook) == ["A: new-high"])


def test_a_notifier_goes_on_where_the_last_stopped(notifying: Notifying, webhook: Webhook, fires: Fires) -> None:
    with notifying(webhook):
        fires("A")
        eventually(lambda: titles(webhook) == ["A: new-high"])
    # When alerts fire while there is none
    fires("B")
    fires("C")
    # Then the next one sends them
    with notifying(webhook):
        eventually(lambda: titles(webhook) == ["A: new-high", "2 alerts: B, C"])


def test_an_alert_that_has_become_old_is_not_sent(
    notifying: Notifying, webhook: Webhook, fires: Fires, caplog: pytest.LogCaptureFixture
) -> None:
    with notifying(webhook):
        pass
    fires("OLD", ago=901)
    fires("YOUNG", ago=10)
    with notifying(webhook) as status:
        eventually(lambda: titles(webhook) == ["YOUNG: new-high"])
    assert status.targets[0].expired == 1
    assert "1 alerts were not sent to 1 JSON" in caplog.text


def test_a_second_notifier_waits_and_takes_over(notifying: Notifying, webhook: Webhook, fires: Fires) -> None:
    with ExitStack() as stack:
        # Given a notifier that sends, and another one
        first = stack.enter_context(notifying(webhook))
        with notifying(webhook) as second:
            fires("A")
            eventually(lambda: titles(webhook) == ["A: new-high"])
            assert (first.is_sending, second.is_sending) == (True, False)
            # When the first one stops, then the other one sends
            stack.close()
            fires("B")
            eventually(lambda: titles(webhook) == ["A: new-high", "B: new-high"])
            assert second.is_sending


def test_what_waits_is_no_concern_of_a_notifier_that_lost_the_lease(
    redis: Redis, notifying: Notifying, webhook: Webhook, fires: Fires
) -> None:
    with notifying(webhook) as status:
        # Given alerts that wait for a service
        webhook.stop()
        fires("A")
        eventually(lambda: status.targets[0].failures >= 1)
        assert status.targets[0].age > 0
        # When another notifier takes over, then no age is reported that would grow for ever
        redis.set(keys.NOTIFIER_LEASE, "other")
        eventually(lambda: not status.is_sending)
        eventually(lambda: (status.targets[0].age, status.targets[0].failure) == (0.0, ""))


def test_a_target_that_is_new_among_others_begins_at_its_own_place(
    notifying: Notifying, webhook: Webhook, other: Webhook, fires: Fires
) -> None:
    with notifying(webhook):
        pass
    fires("A")
    with notifying(other, webhook):
        eventually(lambda: titles(webhook) == ["A: new-high"])
        fires("B")
        eventually(lambda: titles(other) == ["B: new-high"])


def test_what_is_no_alert_is_ignored(redis: Redis, notifying: Notifying, webhook: Webhook, fires: Fires) -> None:
    with notifying(webhook) as status:
        redis.xadd(keys.ALERTS, {"alert": "junk"}, id="1-0")
        fires("A")
        eventually(lambda: titles(webhook) == ["A: new-high"])
    assert status.targets[0].failures == 0


def test_a_key_of_another_type_is_waited_for(
    redis: Redis, notifying: Notifying, webhook: Webhook, fires: Fires, caplog: pytest.LogCaptureFixture
) -> None:
    redis.set(keys.ALERTS, "x")
    with notifying(webhook, awaits=False) as status:
        eventually(lambda: status.targets[0].failures >= 2)
        assert f"the key {keys.ALERTS} does not hold a stream" in caplog.text
        redis.delete(keys.ALERTS)
        eventually(lambda: redis.exists(keys.NOTIFIER_POSITIONS))
        # Also before the next alert, nothing is wrong any more
        eventually(lambda: failure(redis) == "")
        fires("A")
        eventually(lambda: titles(webhook) == ["A: new-high"])


def test_without_targets_it_waits(redis: Redis, notifying: Notifying, fires: Fires, tmp_path: Path) -> None:
    with notifying() as status:
        eventually(lambda: (tmp_path / "heartbeat").exists())
        assert not status.is_sending
