"""What operators ask of a worker that runs batches: revoked calls, rate limits, statistics, events."""

import time
from typing import Any

from celery.worker import state
from redis import Redis

from tests.support.batch_tasks import Worker, empty
from tests.support.waiting import eventually


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
    note.transient += [ConnectionError("away")] * 10_000
    ids = [note.delay(number).id for number in range(10)]
    with worker():
        eventually(lambda: len(note.transient) < 9_999)

        # When one of them is revoked, and they can
        eventually(lambda: note.app.control.revoke(ids[4], reply=True))
        note.transient.clear()

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
    note.transient += [ConnectionError("away")]
    for number in range(40):
        note.delay(number if number != 7 else "bad")
    with worker():
        eventually(lambda: empty(broker) and note.values)

        # Then it says how many they were
        replies = note.app.control.inspect(timeout=5, limit=1).stats()
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
