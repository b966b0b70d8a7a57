"""Calls that run one by one in Celery's own way."""

import json
import math
import time
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import Celery, group
from redis import Redis

from tests.support.batch_tasks import MOMENT, QUEUE, Worker, empty
from tests.support.messages.invalid_messages import INVALID_MESSAGES
from tests.support.waiting import eventually


@pytest.mark.parametrize(
    ("options", "delay"),
    [
        pytest.param({"countdown": MOMENT}, MOMENT, id="countdown"),
        pytest.param({"eta": lambda: datetime.now(UTC) + timedelta(seconds=MOMENT)}, MOMENT, id="eta"),
        pytest.param({"expires": 60}, 0, id="expires"),
        pytest.param({"time_limit": 20, "soft_time_limit": 10}, 0, id="time limits"),
        pytest.param({"compression": "gzip"}, 0, id="compression"),
        pytest.param({"serializer": "pickle"}, 0, id="other serializer"),
        pytest.param({"group_id": "g"}, 0, id="group"),
        pytest.param({"stamped_headers": ["s"], "s": 1}, 0, id="stamps"),
        pytest.param({"retries": 1}, 0, id="retries"),
    ],
)
def test_calls_that_ask_for_more_run_one_by_one(
    worker: Worker, note: Any, broker: Redis, options: dict[str, Any], delay: float
) -> None:
    # Given a call that asks for more than to be run, among others that do not
    note.app.conf.accept_content = ["json", "pickle"]
    made = {name: value() if callable(value) else value for name, value in options.items()}
    sent = time.time()
    note.delay("before")
    note.apply_async(["asks"], **made)
    note.delay("after")

    # Then it runs in Celery's own way, and the others do not wait for it
    with worker():
        eventually(lambda: note.values == ["before", "after"])
        eventually(lambda: note.singles == ["asks"])
        assert time.time() - sent >= delay
        eventually(lambda: empty(broker))


def test_calls_that_run_one_by_one_keep_their_order(worker: Worker, note: Any, broker: Redis) -> None:
    # Given calls that cannot run in a batch, every other one of which only its body tells
    values = [f"{n} with an expiry" if n % 2 else f"{n} with a __type__" for n in range(40)]
    for value in values:
        note.apply_async([value], expires=60 if "expiry" in value else None)

    # Then they run as they were sent
    with worker():
        eventually(lambda: len(note.singles) == 40)
        eventually(lambda: empty(broker))
    assert note.singles == values


def test_what_has_expired_does_not_run(worker: Worker, note: Any, broker: Redis) -> None:
    note.apply_async(["late"], expires=datetime.now(UTC) - timedelta(seconds=1))
    note.apply_async(["in time"], expires=60)

    with worker():
        eventually(lambda: note.singles)
        eventually(lambda: empty(broker))

    assert note.singles == ["in time"]


@pytest.mark.parametrize("countdown", [0.05, 0])
def test_retries_are_counted(worker: Worker, app: Celery, note: Any, broker: Redis, countdown: float) -> None:
    # Given a call that is run with a countdown, and has itself retried three times
    retry: Any = app.tasks["retry"]
    retry.apply_async([countdown], countdown=0.01)

    with worker():
        eventually(lambda: len(note.singles) == 4)
        eventually(lambda: empty(broker))

    assert note.singles == [0, 1, 2, 3]
    assert retry.dead_letters == []


def test_groups_and_callbacks(worker: Worker, app: Celery, note: Any, broker: Redis) -> None:
    # Given a group, a call with another to follow, and a chain
    follow = app.tasks["follow"]
    group([note.s("one"), note.s("two")]).apply_async()
    note.apply_async(["linked"], link=follow.si("link"))
    (note.si("first") | follow.si("chain")).apply_async()

    with worker():
        eventually(lambda: len(note.singles) == 6)
        eventually(lambda: empty(broker))

    assert {*note.singles} == {"one", "two", "linked", "first", ("follow", "link"), ("follow", "chain")}


def test_values_of_other_types_arrive_as_such(worker: Worker, note: Any, broker: Redis) -> None:
    # Given arguments that plain JSON has no words for, or that readers of JSON disagree about
    moment = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    values = [
        moment,
        {1.5: None},
        math.inf,
        10**30,
        -(10**18),
        1e-320,
        "\ud800",
        "\x00é𝄞",
        [[[]]],
        {"a": {"b": []}},
    ]
    for value in values:
        note.delay(value)
    note.delay(math.nan)

    with worker():
        eventually(lambda: empty(broker))

    # Then each arrives as Celery's own way brings it
    arrived = note.values + note.singles
    assert len(arrived) == len(values) + 1
    for value in [json.loads(json.dumps(each)) if isinstance(each, dict) else each for each in values]:
        assert value in arrived
        assert type(value) in {type(each) for each in arrived if each == value}
    assert any(each != each for each in arrived)


def test_the_old_protocol_is_understood(worker: Worker, note: Any, broker: Redis) -> None:
    # Given a client that speaks it, and one that does not
    old = Celery("old", broker=note.app.conf.broker_url, set_as_current=False)
    old.conf.task_protocol = 1
    old.send_task("note", ["old"], queue=QUEUE)
    note.delay("new")

    with worker():
        eventually(lambda: note.singles == ["old"])
        eventually(lambda: note.values == ["new"])
        eventually(lambda: empty(broker))


@pytest.mark.parametrize("times", [1, 40])
def test_an_invalid_message_does_not_stop_the_worker(worker: Worker, note: Any, broker: Redis, times: int) -> None:
    # Given all kinds of junk between calls, and calls of tasks that nobody knows or that have no arguments
    with note.app.connection_for_write() as connection:
        producer = connection.Producer(serializer="json")
        for _ in range(times):
            for junk in INVALID_MESSAGES:
                note.delay("good")
                broker.lpush(QUEUE, junk)
            bodies: list[Any] = [[], {}, None, [1], [[], {}], "text", [[], {}, []]]
            for body in bodies:
                for headers in ({}, {"task": "nobody's", "id": "1"}, {"id": "1"}):
                    producer.publish(body, routing_key=QUEUE, headers=headers)

    # Then every call runs
    with worker():
        eventually(lambda: len(note.values) == times * len(INVALID_MESSAGES))
        eventually(lambda: empty(broker))


@pytest.mark.parametrize("text", [b"1e999", b'"\xff"', b"9" * 5000], ids=["infinite", "no UTF-8", "endless"])
def test_what_cannot_be_read_keeps_nothing_waiting(worker: Worker, note: Any, broker: Redis, text: bytes) -> None:
    # Given a call whose argument is JSON by its form, and yet more than a reader of JSON can take
    note.delay("here")
    message: Any = broker.lpop(QUEUE)
    envelope = json.loads(message)
    envelope["body"] = b64encode(b64decode(envelope["body"]).replace(b'"here"', text)).decode()
    broker.lpush(QUEUE, json.dumps(envelope))
    note.delay("good")

    # Then it runs as Celery reads it, or Celery refuses it; and the next call runs
    with worker():
        eventually(lambda: "good" in note.values)
        eventually(lambda: empty(broker))
    assert note.values in (["good"], [math.inf, "good"])
