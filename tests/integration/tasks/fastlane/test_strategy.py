"""A worker that runs a task's calls in batches, and what it runs in Celery's own way."""

import json
import math
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from celery import Celery, group
from celery.contrib.testing.worker import start_worker
from celery.worker import state
from kombu import Queue
from redis import Redis

from config.settings import settings
from tasks.fastlane.call import Call
from tasks.fastlane.task import BatchTask
from tests.integration.tasks.fastlane.test_transport import JUNK
from tests.support.lanes import body_of
from tests.support.waiting import eventually

QUEUE = "batches"
# Short enough to wait for, and long enough to see that somebody waits.
MOMENT = 0.4


class Recorder(BatchTask[...]):
    """Notes what runs, and how."""

    abstract = True
    backoff = (0.01, 0.05)

    #: Arguments of calls, by batch.
    batches: list[list[Any]]
    #: Arguments of calls that ran one by one.
    singles: list[Any]
    dead_letters: list[Any]
    passing: list[Exception]

    def run_many(self, calls: Sequence[Call]) -> None:
        if self.passing:
            raise self.passing.pop(0)
        values = [self._value(call) for call in calls]
        self.batches.append(values)

    def is_transient(self, error: Exception) -> bool:
        if isinstance(error, ZeroDivisionError):
            raise error
        return isinstance(error, ConnectionError)

    def on_bad_call(self, call: Call, error: Exception) -> None:
        self.dead_letters.append((call.args, call.kwargs, type(error)))

    def _value(self, call: Call) -> Any:
        self.__header__(*call.args, **call.kwargs)
        value = call.args[0] if call.args else call.kwargs["value"]
        if value == "bad":
            raise ValueError(value)
        return value

    @property
    def values(self) -> list[Any]:
        return [value for batch in self.batches for value in batch]


@pytest.fixture(scope="module")
def one_app() -> Celery:
    """One for all tests: what a task sends goes by the app that was first in the process."""
    app = Celery("batches", set_as_current=False)
    app.conf.update(
        broker_url=settings().celery_broker_url,
        task_queues=[Queue(QUEUE)],
        task_default_queue=QUEUE,
        worker_prefetch_multiplier=2000,
        broker_transport_options={"client_name": QUEUE},
        worker_send_task_events=True,
        task_send_sent_event=True,
    )

    @app.task(name="note", base=Recorder)
    def note(value: Any) -> None:
        note.singles.append(value)

    @app.task(name="retry", base=Recorder, bind=True, max_retries=3)
    def retry(self: Any, countdown: float) -> None:
        note.singles.append(self.request.retries)
        if self.request.retries < 3:
            raise self.retry(countdown=countdown)

    @app.task(name="follow", ignore_result=True)
    def follow(value: Any) -> None:
        note.singles.append(("follow", value))

    return app


@pytest.fixture
def app(one_app: Celery, redis: Redis) -> Celery:
    """An app of tasks that are run in batches, `note` and `retry`, and of one that is not, `follow`."""
    for name in ("note", "retry"):
        task: Any = one_app.tasks[name]
        task.batches, task.singles, task.dead_letters, task.passing = [], [], [], []
        task.backoff, task.rate_limit = Recorder.backoff, None
    return one_app


@pytest.fixture
def note(app: Celery) -> Any:
    return app.tasks["note"]


@pytest.fixture
def worker(app: Celery) -> Iterator[Callable[[], AbstractContextManager[Any]]]:
    """Starts a worker of the app's in this process."""
    yield partial(start_worker, app, pool="solo", perform_ping_check=False, shutdown_timeout=30, queues=[QUEUE])
    state.revoked.clear()


@pytest.fixture
def broker() -> Redis:
    return Redis.from_url(settings().celery_broker_url)


def empty(broker: Redis) -> bool:
    return broker.llen(QUEUE) == broker.hlen("unacked") == broker.exists("unacked_index") == 0


Worker = Callable[[], AbstractContextManager[Any]]


# --- batches


@pytest.mark.parametrize(
    ("bound", "least"),
    [
        (1_200, 1_200),
        # As many as the prefetch count allows.
        (10_000, 1_900),
    ],
)
def test_calls_wait_for_more_where_the_task_says_so(
    worker: Worker, note: Any, broker: Redis, monkeypatch: pytest.MonkeyPatch, bound: int, least: int
) -> None:
    # Given far more calls than a fetch brings, and a task that would have many together
    asked: list[tuple[Any, int]] = []

    def waits_for_more(calls: Sequence[Call]) -> bool:
        asked.append((calls[0].args[0], len(calls)))
        return len(calls) < bound

    monkeypatch.setattr(note, "waits_for_more", waits_for_more)
    note.delay_many(range(5_000))

    # When a worker runs them
    with worker():
        eventually(lambda: len(note.values) == 5_000)
        eventually(lambda: empty(broker))

    # Then they ran together, each once, and the last ones did not wait for others
    assert sorted(note.values) == [*range(5_000)]
    assert least <= max(map(len, note.batches)) <= 2_000
    assert asked[0] == (0, 500)


def test_calls_that_wait_for_more_are_given_back_by_a_worker_that_stops(
    worker: Worker, note: Any, broker: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a worker that has gathered calls when it is told to stop
    def waits_for_more(calls: Sequence[Call]) -> bool:
        stop: Any = state
        stop.should_stop = 0
        return True

    monkeypatch.setattr(note, "waits_for_more", waits_for_more)
    note.delay_many(range(1_500))
    with worker():
        eventually(lambda: state.should_stop is not None)

    # Then all are there for another
    state.should_stop = None
    assert note.values == []
    assert broker.llen(QUEUE) == 1_500
    assert broker.hlen("unacked") == 0


def test_calls_run_in_batches(worker: Worker, note: Any, broker: Redis) -> None:
    # Given calls that wait, by position and by name
    for number in range(299):
        note.delay(number)
    note.delay(value=299)

    # When a worker starts
    with worker():
        eventually(lambda: len(note.values) == 300)
        eventually(lambda: empty(broker))

    # Then it ran many at a time, in their order
    assert note.values == [*range(300)]
    assert len(note.batches) < 10
    assert note.singles == []


def test_other_tasks_run_beside_them(worker: Worker, app: Celery, note: Any, broker: Redis) -> None:
    for number in range(100):
        (app.tasks["follow"] if number % 3 else note).delay(number)

    with worker():
        eventually(lambda: empty(broker))

    assert sorted(note.values) == [*range(0, 100, 3)]
    assert [value for _, value in note.singles] == [number for number in range(100) if number % 3]


def test_bad_calls_are_found(worker: Worker, note: Any, broker: Redis) -> None:
    # Given bad calls among others: one that fails, and two that do not fit the task
    for number in range(60):
        note.delay(number)
    note.delay("bad")
    note.app.send_task("note", [1, 2, 3])
    note.app.send_task("note", [], {"other": 1})

    with worker():
        eventually(lambda: empty(broker))

    # Then they are the task's to deal with, and all others have run
    assert note.dead_letters == [
        (["bad"], {}, ValueError),
        ([1, 2, 3], {}, TypeError),
        ([], {"other": 1}, TypeError),
    ]
    assert sorted(note.values) == [*range(60)]


def test_a_task_that_only_runs_single_calls_works_too(worker: Worker, app: Celery, broker: Redis) -> None:
    # Given a batch task with nothing but a function
    seen: list[int] = []

    @app.task(name="plain", base=BatchTask)
    def plain(number: int) -> None:
        if number == 5:
            raise ValueError(number)
        seen.append(number)

    for number in range(20):
        plain.delay(number)
    with worker():
        eventually(lambda: empty(broker))
    app.tasks.unregister("plain")

    # Then each that succeeds has run, some of them again after a failure in their batch
    assert {*seen} == {*range(20)} - {5}


def test_what_cannot_run_now_waits_and_runs_again(worker: Worker, note: Any, broker: Redis) -> None:
    # Given a task that fails for the time being
    note.passing += [ConnectionError("away")] * 4
    for number in range(50):
        note.delay(number)

    with worker():
        # When more comes meanwhile
        eventually(lambda: len(note.passing) < 4)
        for number in range(50, 100):
            note.delay(number)
        eventually(lambda: len(note.values) == 100)
        eventually(lambda: empty(broker))

    # Then everything has run in its order, and nothing is a dead letter
    assert note.values == [*range(100)]
    assert note.dead_letters == []


def test_an_outage_can_last(worker: Worker, note: Any, broker: Redis) -> None:
    # Given a task that fails more than a thousand times, which takes an hour and a half by its own pauses
    note.backoff = (0.0001, 0.0002)
    note.passing += [ConnectionError("away")] * 1100
    note.delay(1)

    # Then it runs at last
    with worker():
        eventually(lambda: note.values == [1])
        eventually(lambda: empty(broker))


def test_an_unforeseen_failure_does_not_stop_the_lane(worker: Worker, note: Any, broker: Redis) -> None:
    # Given a task whose second attempt fails in a way that it did not foresee
    note.passing += [ConnectionError("away"), ZeroDivisionError()]
    note.delay(1)
    with worker():
        eventually(lambda: not note.passing)

        # When another call comes
        note.delay(2)

        # Then both run
        eventually(lambda: note.values == [1, 2])
        eventually(lambda: empty(broker))


def test_what_waits_is_given_back_when_the_worker_stops(worker: Worker, note: Any, broker: Redis) -> None:
    # Given a worker that cannot run its calls
    note.passing += [ConnectionError("away")] * 10_000
    for number in range(50):
        note.delay(number)
    with worker():
        eventually(lambda: broker.hlen("unacked") == 50)

    # Then they are there for the next one
    assert [body_of(json.loads(each))[0] for each in broker.lrange(QUEUE, 0, -1)] == [
        [n] for n in range(49, -1, -1)
    ]
    note.passing.clear()
    with worker():
        eventually(lambda: note.values == [*range(50)])
        eventually(lambda: empty(broker))


# --- one by one


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
def test_junk_does_not_stop_the_worker(worker: Worker, note: Any, broker: Redis, times: int) -> None:
    # Given all kinds of junk between calls, and calls of tasks that nobody knows or that have no arguments
    with note.app.connection_for_write() as connection:
        producer = connection.Producer(serializer="json")
        for _ in range(times):
            for junk in JUNK:
                note.delay("good")
                broker.lpush(QUEUE, junk)
            bodies: list[Any] = [[], {}, None, [1], [[], {}], "text", [[], {}, []]]
            for body in bodies:
                for headers in ({}, {"task": "nobody's", "id": "1"}, {"id": "1"}):
                    producer.publish(body, routing_key=QUEUE, headers=headers)

    # Then every call runs
    with worker():
        eventually(lambda: len(note.values) == times * len(JUNK))
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


# --- control


def test_revoked_calls_do_not_run(worker: Worker, note: Any, broker: Redis) -> None:
    # Given a worker that knows of a revoked call
    with worker():
        eventually(lambda: note.app.control.revoke("unwanted", reply=True))

        # When it comes, among others
        for number in range(10):
            note.apply_async([number], task_id="unwanted" if number == 4 else None)

        # Then it is acknowledged and has not run
        eventually(lambda: len(note.values) == 9)
        eventually(lambda: empty(broker))
    assert 4 not in note.values


def test_what_is_revoked_while_it_waits_does_not_run(worker: Worker, note: Any, broker: Redis) -> None:
    # Given calls that cannot be run now
    note.passing += [ConnectionError("away")] * 10_000
    ids = [note.delay(number).id for number in range(10)]
    with worker():
        eventually(lambda: len(note.passing) < 9_999)

        # When one of them is revoked, and they can
        eventually(lambda: note.app.control.revoke(ids[4], reply=True))
        note.passing.clear()

        # Then all others have run
        eventually(lambda: len(note.values) == 9)
        eventually(lambda: empty(broker))
    assert 4 not in note.values


def test_a_rate_limit_holds(worker: Worker, note: Any, broker: Redis) -> None:
    with worker():
        # Given a limit that is set while the worker runs
        eventually(lambda: note.app.control.rate_limit("note", "4/s", reply=True))
        started = time.monotonic()
        for number in range(4):
            note.delay(number)

        # Then calls run one by one, at that rate
        eventually(lambda: note.singles == [*range(4)])
        assert time.monotonic() - started > 0.7

        # Until it is lifted
        eventually(lambda: note.app.control.rate_limit("note", 0, reply=True))
        note.delay("free")
        eventually(lambda: note.values == ["free"])
        eventually(lambda: empty(broker))


def test_calls_are_counted(worker: Worker, note: Any, broker: Redis) -> None:
    # Given a worker that has run calls, some of them in a batch that failed, and some of them later
    state.total_count.clear()
    note.passing += [ConnectionError("away")]
    for number in range(40):
        note.delay(number if number != 7 else "bad")
    with worker():
        eventually(lambda: empty(broker) and note.values)

        # Then it says how many they were
        replies = note.app.control.inspect(timeout=5).stats()
        assert [each["total"] for each in replies.values()] == [{"note": 40}]


def test_no_events_are_sent(worker: Worker, note: Any, broker: Redis) -> None:
    # Given somebody who listens to the events of a worker that sends them
    listener = broker.pubsub(ignore_subscribe_messages=True)
    listener.psubscribe("*celeryev*")
    with worker():
        # When calls run in a batch and one by one
        note.delay("batch")
        note.apply_async(["single"], countdown=0.01)
        eventually(lambda: note.values and note.singles)
        eventually(lambda: empty(broker))

    # Then none of its events is of a task
    heard = [message["data"] for message in iter(lambda: listener.get_message(timeout=0.2), None)]
    listener.close()
    assert not [each for each in heard if b'"task-' in each]


# --- trouble


@pytest.mark.parametrize("how", ["closed", "all data deleted", "scripts forgotten"])
def test_trouble_with_the_broker(worker: Worker, note: Any, broker: Redis, how: str) -> None:
    # Given a worker in the middle of a stream
    with worker():
        for number in range(600):
            note.delay(number)
            if number % 200 == 100:
                eventually(lambda: note.values)
                # When its connections are closed, or its broker forgets
                if how == "closed":
                    for each in broker.client_list():
                        if each["name"] == QUEUE:
                            broker.client_kill_filter(_id=each["id"])
                elif how == "scripts forgotten":
                    broker.script_flush()
                else:
                    eventually(lambda: empty(broker))
                    broker.flushall()

        # Then every call runs, and nothing is left
        eventually(lambda: {*note.values, *note.singles} == {*range(600)})
        eventually(lambda: empty(broker))
