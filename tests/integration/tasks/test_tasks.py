"""The tasks, through an embedded worker and a real broker."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.contrib.testing.worker import TestWorkController
from redis import Redis

from config.settings import settings
from leaderboard import keys
from leaderboard.reason_kind import ReasonKind
from tasks import fetch_reference, process_agg, publish_snapshot, reset_day, reset_open, schedule, screens
from tasks.app import system
from tasks.backlog import drained, in_flight, waiting
from tasks.fastlane.call import Call
from tests.support.boards import assert_as_expected, row, totals
from tests.support.market import bar
from tests.support.oracle import expected
from tests.support.waiting import eventually


def headers(broker: Redis, queue: str) -> list[dict[str, Any]]:
    return [json.loads(message)["headers"] for message in broker.lrange(queue, 0, -1)]


def test_bars_reach_the_boards(celery_app: Celery, celery_worker: TestWorkController, redis: Redis) -> None:
    # Given an embedded worker
    bars = [bar(f"S{n % 7}", f"09:{29 + n // 30}:{n % 30:02}", close=10 + n % 5) for n in range(60)]

    # When bars are sent, in the long spelling as in the wire's, by position as by name
    for each in bars[:-1]:
        process_agg.delay(each)
    process_agg.apply_async(kwargs={"event": bars[-1]})

    # Then the boards are the oracle's and nothing is left
    eventually(drained)
    eventually(lambda: redis.zcard("leaderboard:top_volume") == 7)
    assert_as_expected(redis, expected(bars))
    assert (waiting(), in_flight()) == (0, 0)


def test_a_bad_bar_becomes_a_dead_letter(
    celery_app: Celery, celery_worker: TestWorkController, client: Celery, redis: Redis
) -> None:
    # Given a bad bar, and calls with wrong arguments from a client that cannot know better
    process_agg.delay({"sym": "A"})
    client.send_task("tasks.process_agg", [bar("B", "09:30:00"), "surplus"], queue="aggs")
    client.send_task("tasks.process_agg", [], queue="aggs")
    client.send_task("tasks.process_agg", [bar("C", "09:30:00")], queue="aggs")

    # Then each is kept with its reason, and the good one is applied
    eventually(lambda: redis.xlen(keys.DEAD) == 3 and redis.exists(keys.row("C")))
    reasons = [letter.reason for letter in system().dead_letters]
    assert reasons[0] == "close: Field required"
    assert reasons[1].startswith("TypeError: process_agg() takes 1 positional argument but 2 were given")
    assert reasons[2].startswith("TypeError: process_agg() missing 1 required positional argument")
    kinds = totals(redis).dead_by_kind
    assert (kinds[ReasonKind.FIELD], kinds[ReasonKind.NO_EVENT]) == (1, 2)
    eventually(drained)


def test_a_bar_that_fails_by_itself_is_counted_as_an_error(redis: Redis) -> None:
    process_agg.on_bad_call(Call("1", [bar("A", "09:30:00")], {}), ArithmeticError("too much"))

    (letter,) = system().dead_letters
    assert letter.reason == "ArithmeticError: too much"
    assert totals(redis).dead_by_kind[ReasonKind.ERROR] == 1


def test_what_is_in_flight_can_be_counted_whatever_it_is(broker: Redis) -> None:
    # Given what a lost worker had in flight: a bar, another queue's message, and something that is no message
    broker.hset(
        "unacked", mapping={"1": b'[{}, "", "aggs"]', "2": b'[{}, "", "clock"]', "3": b'[no JSON, "", "aggs"]'}
    )

    assert in_flight() == 2


def test_a_bar_is_small_on_the_wire_and_silent(broker: Redis) -> None:
    # When a bar is sent
    process_agg.delay(bar("AAPL", "09:30:00"))

    # Then its message goes to its queue, without the text of the whole bar in its headers
    (sent,) = headers(broker, "aggs")
    assert "argsrepr" not in sent
    assert process_agg.send_events is False


@pytest.mark.parametrize("event", [None, "text", {"sym": ["deep"] * 1000}, {"symbol": "X" * 10_000}])
def test_what_is_no_event_can_be_sent_and_shown(broker: Redis, event: Any) -> None:
    process_agg.delay(event)

    (sent,) = headers(broker, "aggs")
    assert len(sent.get("argsrepr", "")) < 2000


def test_each_task_has_its_queue(broker: Redis) -> None:
    for task in (publish_snapshot, reset_day, reset_open):
        task.delay()
    fetch_reference.delay()

    assert [each["task"] for each in headers(broker, "clock")] == [
        "tasks.reset_open",
        "tasks.reset_day",
        "tasks.publish_snapshot",
    ]
    assert [each["task"] for each in headers(broker, "reference")] == ["tasks.fetch_reference"]
    assert broker.llen("aggs") == 0


def test_only_json_is_accepted(
    celery_app: Celery, celery_worker: TestWorkController, client: Celery, redis: Redis
) -> None:
    # Given a message in a format that can hold code
    client.conf.accept_content = ["pickle", "json"]
    client.send_task("tasks.process_agg", [bar("EVIL", "09:30:00")], queue="aggs", serializer="pickle")
    client.send_task("tasks.process_agg", [bar("GOOD", "09:30:00")], queue="aggs")

    # Then it is refused, and the worker goes on
    eventually(lambda: row(redis, "GOOD"))
    assert not row(redis, "EVIL")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([[{"sym": "A", "c": 1}], {}], "body: not the [args, kwargs, options]"),
        ({}, "body: not the [args, kwargs, options]"),
        (None, "body: not the [args, kwargs, options]"),
        ([], "body: not the [args, kwargs, options]"),
        ([[], {"\ud800": 1}, {}], "TypeError: process_agg() got an unexpected keyword argument '\\ud800'"),
        ([[bar("A", "09:30:00", deep=json.loads("[" * 400 + "]" * 400))], {}, {}], "body: nested deeper than 32"),
    ],
)
def test_a_malformed_message_does_not_end_the_worker(
    celery_app: Celery, celery_worker: TestWorkController, redis: Redis, body: Any, reason: str
) -> None:
    # Given a message that names our task and holds what no Celery client sends
    message_headers = {"task": "tasks.process_agg", "id": "0", "lang": "py", "argsrepr": "", "kwargsrepr": ""}
    with celery_app.connection_for_write() as connection:
        connection.Producer().publish(body, routing_key="aggs", exchange="aggs", headers=message_headers)

    # When a good bar follows
    process_agg.delay(bar("GOOD", "09:30:00"))

    # Then it is applied, and the message is a dead letter
    eventually(lambda: redis.exists(keys.row("GOOD")) and redis.xlen(keys.DEAD))
    assert next(iter(system().dead_letters)).reason.startswith(reason)
    eventually(drained)


def test_clients_of_the_old_protocol_are_served(
    celery_app: Celery, celery_worker: TestWorkController, client: Celery, redis: Redis
) -> None:
    client.conf.task_protocol = 1

    client.send_task("tasks.process_agg", [bar("OLD", "09:30:00")], queue="aggs")

    eventually(lambda: redis.exists(keys.row("OLD")), seconds=20)
    assert not redis.exists(keys.DEAD)


def test_snapshots_are_published_by_task(
    celery_app: Celery, celery_worker: TestWorkController, redis: Redis
) -> None:
    process_agg.delay(bar("A", "09:30:00"))
    eventually(lambda: redis.exists(keys.row("A")))

    publish_snapshot.delay()

    eventually(lambda: redis.exists("scanners:top_gainers"))
    assert json.loads(redis.get("scanners:top_gainers") or b"")[0]["symbol"] == "A"


def test_screens_are_published_by_the_same_task(
    celery_app: Celery, celery_worker: TestWorkController, redis: Redis
) -> None:
    # Given the shipped screens, and a publisher that has seen nothing yet
    screens.publisher.cache_clear()
    process_agg.delay(bar("A", "09:30:00", close=9, o=10, av=20_000))
    eventually(lambda: redis.exists(keys.row("A")))

    publish_snapshot.delay()

    eventually(lambda: redis.exists("scanners:losers"))
    assert json.loads(redis.get("scanners:losers") or b"")[0]["symbol"] == "A"


def test_boards_go_on_when_screens_cannot(
    celery_app: Celery, celery_worker: TestWorkController, redis: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a key that the screens rest on, of another type
    screens.publisher.cache_clear()
    redis.set(keys.SCREENS_STATE, "junk")
    process_agg.delay(bar("A", "09:30:00"))
    eventually(lambda: redis.exists(keys.row("A")))

    # When boards and screens are to be published
    publish_snapshot.delay()

    # Then the boards are, and the log names the key
    eventually(lambda: redis.exists("scanners:top_gainers"))
    eventually(lambda: f"the key {keys.SCREENS_STATE}" in caplog.text)


def test_the_schedule_is_aligned_and_in_new_york() -> None:
    table = celery_conf().beat_schedule

    # The resets and the warming, in the exchange's time
    assert celery_conf().timezone == "America/New_York"
    assert {
        name: (each["schedule"].hour, each["schedule"].minute)
        for name, each in table.items()
        if not isinstance(each["schedule"], schedule.aligned)
    } == {
        "warm-reference": ({3}, {50}),
        "rewarm-reference": ({8, 13, 18}, {50}),
        "reset-day": ({4}, {0}),
        "reset-open": ({9}, {30}),
    }
    # Snapshots expire when their second is over
    assert table["publish-snapshot"]["options"] == {"expires": 1.0}


@pytest.mark.parametrize(
    ("interval", "last", "now", "wait"),
    [
        (1.0, 100.0, 100.2, 0.8),
        (1.0, 100.7, 100.9, 0.1),
        (1.0, 100.7, 101.3, -0.3),
        (0.5, 100.1, 100.1, 0.4),
        (5.0, 101.0, 103.0, 2.0),
    ],
)
def test_intervals_begin_at_multiples(interval: float, last: float, now: float, wait: float) -> None:
    every = schedule.aligned(interval, nowfun=lambda: datetime.fromtimestamp(now, UTC))

    remaining = every.remaining_estimate(datetime.fromtimestamp(last, UTC))

    assert remaining.total_seconds() == pytest.approx(wait)


@pytest.mark.parametrize(
    ("last", "now", "due", "wait"),
    [
        (100.0, 100.25, False, 0.75),
        (100.0, 101.0, True, 1.0),
        (100.0, 101.25, True, 0.75),
        (100.25, 101.75, True, 0.25),
        (100.0, 107.5, True, 0.5),
    ],
)
def test_a_run_that_comes_late_does_not_delay_those_after_it(
    last: float, now: float, due: bool, wait: float
) -> None:
    every = schedule.aligned(1.0, nowfun=lambda: datetime.fromtimestamp(now, UTC))

    state = every.is_due(datetime.fromtimestamp(last, UTC))

    assert state.is_due is due
    assert state.next == pytest.approx(wait)


def celery_conf() -> Any:
    from tasks import app

    return app.conf


def test_reference_data_is_fetched_by_task(
    celery_app: Celery,
    celery_worker: TestWorkController,
    redis: Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a file of reference data
    path = tmp_path / "reference.csv"
    path.write_text("symbol,prev_day_close\nA,5\n")
    monkeypatch.setitem(os.environ, "REFERENCE_FILE", str(path))
    settings.cache_clear()
    system.cache_clear()

    # When a bar of a symbol comes for which nobody has asked yet
    process_agg.delay(bar("A", "09:30:00", close=10))

    # Then its row is made anew with what the file says
    eventually(lambda: row(redis, "A").get("pct_change") == 100)

    monkeypatch.delitem(os.environ, "REFERENCE_FILE")
    settings.cache_clear()
    system.cache_clear()
