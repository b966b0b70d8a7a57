"""A worker that runs a task's calls in batches, whatever fails."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from celery import Celery
from celery.worker import state
from redis import Redis

from tasks.fastlane.call import Call
from tasks.fastlane.task import BatchTask
from tests.support.batch_tasks import QUEUE, Worker, empty
from tests.support.messages.lanes import body_of
from tests.support.waiting import eventually


@pytest.mark.slow
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


def test_calls_that_wait_for_more_are_restored_by_a_worker_that_stops(
    worker: Worker, note: Any, broker: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a worker that has gathered calls when it is about to stop
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
    note.transient += [ConnectionError("away")] * 4
    for number in range(50):
        note.delay(number)

    with worker():
        # When more comes meanwhile
        eventually(lambda: len(note.transient) < 4)
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
    note.transient += [ConnectionError("away")] * 1100
    note.delay(1)

    # Then it runs at last
    with worker():
        eventually(lambda: note.values == [1])
        eventually(lambda: empty(broker))


def test_an_unforeseen_failure_does_not_stop_the_lane(worker: Worker, note: Any, broker: Redis) -> None:
    # Given a task whose second attempt fails in a way that it did not foresee
    note.transient += [ConnectionError("away"), ZeroDivisionError()]
    note.delay(1)
    with worker():
        eventually(lambda: not note.transient)

        # When another call comes
        note.delay(2)

        # Then both run
        eventually(lambda: note.values == [1, 2])
        eventually(lambda: empty(broker))


def test_what_waits_is_restored_when_the_worker_stops(worker: Worker, note: Any, broker: Redis) -> None:
    # Given a worker that cannot run its calls
    note.transient += [ConnectionError("away")] * 10_000
    for number in range(50):
        note.delay(number)
    with worker():
        eventually(lambda: broker.hlen("unacked") == 50)

    # Then they are there for the next one
    assert [body_of(json.loads(each))[0] for each in broker.lrange(QUEUE, 0, -1)] == [
        [n] for n in range(49, -1, -1)
    ]
    note.transient.clear()
    with worker():
        eventually(lambda: note.values == [*range(50)])
        eventually(lambda: empty(broker))


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
