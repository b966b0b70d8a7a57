"""Workers of each queue and lane that are sent what their queues do not accept, while they are busy."""

import json
import os
import signal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from celery import Celery, group
from redis import Redis

from config.celery import AGGS, CLOCK, REFERENCE
from leaderboard import keys
from leaderboard.reason_kind import ReasonKind
from leaderboard.system import System
from tests.support.boards import assert_as_expected, totals
from tests.support.market import bar
from tests.support.messages.hostile import call, envelope
from tests.support.messages.odd_headers import SOME_ODD_HEADERS
from tests.support.oracle import expected
from tests.support.processes import Processes
from tests.support.waiting import eventually

TASKS = {AGGS: "tasks.process_agg", CLOCK: "tasks.publish_snapshot", REFERENCE: "tasks.fetch_reference"}
LANES = [pytest.param("1", id="fast"), pytest.param("0", id="stock")]
_numbers = count()

_FOLLOWER: dict[str, Any] = {
    "task": "tasks.publish_snapshot",
    "args": [],
    "kwargs": {},
    "options": {"time_limit": 0.001, "headers": {"timelimit": 5}},
    "subtask_type": None,
    "immutable": True,
}


def message(queue: str, body: Any = None, **headers: Any) -> bytes:
    """A message of a queue's own task, under an id and a tag of its own, with these headers for its own."""
    if body is None:
        body = [[bar("EVIL", "09:30:00")] if queue == AGGS else [], {}, {}]
    number = f"odd-{next(_numbers)}"
    made: dict[str, Any] = {"task": TASKS[queue], "id": number} | headers
    text = envelope(json.dumps(body).encode(), **made)
    return text.replace(b'"delivery_tag": "0"', f'"delivery_tag": "{number}"'.encode())


def harm(queue: str) -> list[bytes]:
    """What somebody sends to a queue who means harm."""
    args = [bar("EVIL", "09:30:00")] if queue == AGGS else []
    odd = [message(queue, **{name: value}) for name, value in SOME_ODD_HEADERS.items() if name != "compression"]
    celerys = [
        message(queue, [["g", {}], {}, {}], task="celery.chord_unlock"),
        message(queue, [[], {"tasks": [_FOLLOWER]}, {}], task="celery.group"),
        message(queue, [[], {"task": _FOLLOWER, "it": [1]}, {}], task="celery.map"),
        message(queue, [[], {}, {}], task="celery.backend_cleanup"),
    ]
    followed = [
        message(queue, [args, {}, {"callbacks": [_FOLLOWER] * 3}]),
        message(queue, [args, {}, {"errbacks": [_FOLLOWER]}]),
        message(queue, [args, {}, {"chain": [_FOLLOWER]}]),
        message(queue, [args, {}, {"chord": _FOLLOWER}]),
        message(queue, callbacks=[_FOLLOWER]),
        message(queue, timelimit=[0.001, None]),
        message(queue, [args, {}, {"timelimit": [0.001, None]}]),
    ]
    if queue != AGGS:
        followed.append(message(queue, [args, {}, {"callbacks": [_FOLLOWER] * 100}]))
    other = next(name for name in TASKS if name != queue)
    return [*odd, *celerys, *followed, message(queue, task=TASKS[other])]


def done(broker: Redis) -> bool:
    queues = (AGGS, CLOCK, REFERENCE)
    return not any(broker.llen(name) for name in queues) and not broker.hlen("unacked")


@pytest.mark.parametrize("lane", LANES)
def test_a_busy_clock_worker_refuses_them(
    processes: Processes, broker: Redis, redis: Redis, system: System, lane: str
) -> None:
    # Given a clock worker whose pool is busy, so that what comes has to wait for a place in it
    processes.worker("clock", "--concurrency", "1", queues="clock,reference", FAST_LANE=lane)
    pid = processes.pid("clock")
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    os.kill(int(child), signal.SIGSTOP)
    broker.lpush(CLOCK, *(message(CLOCK) for _ in range(3)))

    # When it is sent all that is odd, before calls that are not
    sent = {queue: harm(queue) for queue in (CLOCK, REFERENCE)}
    for queue, messages in sent.items():
        broker.lpush(queue, *messages, message(queue))
    eventually(lambda: len(system.dead_letters) == sum(map(len, sent.values())))
    os.kill(int(child), signal.SIGCONT)

    # Then each is a dead letter, and the others have run: the pool has lost no place
    eventually(lambda: done(broker))
    reasons = [letter.reason for letter in system.dead_letters]
    assert {reason.partition(":")[0] for reason in reasons} == {"message", "body"}
    assert len([reason for reason in reasons if reason.endswith("bytes, more than 1,024")]) == 2
    system.process([bar("A", "09:30:00")])
    for _ in range(3):
        broker.lpush(CLOCK, message(CLOCK))
    eventually(lambda: redis.exists("scanners:top_volume"))
    eventually(lambda: done(broker))
    assert "SIGKILL" not in processes.log("clock") or "it has been stopped" in processes.log("clock")

    # And on SIGTERM it ends
    processes.signal("clock", signal.SIGTERM)
    processes.await_end("clock", seconds=20)


@pytest.mark.parametrize("lane", LANES)
def test_a_worker_of_bars_refuses_them_among_bars(
    processes: Processes, broker: Redis, redis: Redis, system: System, lane: str
) -> None:
    # Given all that is odd among bars
    odd = harm(AGGS)
    bars = [bar(f"S{n}", "09:30:00", close=10 + n) for n in range(len(odd))]
    good = [message(AGGS, [[each], {}, {}]) for each in bars]
    broker.lpush(AGGS, *(each for pair in zip(odd, good, strict=True) for each in pair))

    # When a worker comes
    options = () if lane == "1" else ("--concurrency", "2")
    processes.worker("worker", *options, FAST_LANE=lane)

    # Then each is a dead letter with a reason, and all bars are applied
    eventually(lambda: done(broker) and len(system.dead_letters) == len(odd))
    assert_as_expected(redis, expected(bars))
    # And each is counted with its kind of reason
    counted = totals(redis)
    assert counted.dead == sum(counted.dead_by_kind.values()) == len(odd)
    kinds = {kind for kind, number in counted.dead_by_kind.items() if number}
    assert kinds == {ReasonKind.MESSAGE, ReasonKind.TASK, ReasonKind.OPTIONS}
    assert processes.alive("worker")
    reasons = [letter.reason for letter in system.dead_letters]
    for said in (
        "message: header stamped_headers is a list of names",
        "message: its queue runs no task 'celery.chord_unlock'",
        "message: its queue runs no task 'tasks.publish_snapshot'",
        "message: tasks.process_agg takes no callbacks",
        "message: tasks.process_agg takes no chord",
        "message: tasks.process_agg takes no time limit from a message",
    ):
        assert any(reason.startswith(said) for reason in reasons), said

    # And it ends on SIGTERM
    processes.signal("worker", signal.SIGTERM)
    processes.await_end("worker", seconds=20)


def test_a_bar_on_another_queue_is_refused(
    celery_app: Celery, celery_worker: Any, broker: Redis, redis: Redis, system: System
) -> None:
    # Given a worker of all queues, whose bars come in batches, and a message that says it is of another queue
    broker.lpush(CLOCK, message(AGGS), envelope(call(bar("EVIL", "09:30:00")), id="1"))
    broker.lpush(AGGS, message(CLOCK))
    broker.lpush(AGGS, message(AGGS, [[bar("GOOD", "09:30:00")], {}, {}]))

    # Then what counts is the queue that it lies in
    eventually(lambda: redis.exists(keys.row("GOOD")) and len(system.dead_letters) == 3)
    assert not redis.exists(keys.row("EVIL"))
    assert all("its queue runs no task" in letter.reason for letter in system.dead_letters)


def test_a_group_of_bars_waits_expires_and_has_its_priority(
    celery_app: Celery, celery_worker: Any, client: Celery, broker: Redis, redis: Redis, system: System
) -> None:
    def event(symbol: str) -> tuple[Any, ...]:
        return (bar(symbol, "09:30:00"),)

    process_agg = client.signature("tasks.process_agg", queue=AGGS)
    group([process_agg.clone(event("G1")), process_agg.clone(event("G2"))]).apply_async()
    client.send_task("tasks.process_agg", event("WAITS"), queue=AGGS, countdown=0.5)
    client.send_task("tasks.process_agg", event("EXPIRES"), queue=AGGS, expires=60)
    client.send_task("tasks.process_agg", event("EXPIRED"), queue=AGGS, expires=-60)
    client.send_task("tasks.process_agg", event("FIRST"), queue=AGGS, priority=9)

    eventually(lambda: all(redis.exists(keys.row(each)) for each in ("G1", "G2", "WAITS", "EXPIRES", "FIRST")))
    eventually(lambda: done(broker))
    assert not redis.exists(keys.row("EXPIRED"))
    assert len(system.dead_letters) == 0


def test_what_a_deployment_names_may_follow_on_a_bar(
    processes: Processes, client: Celery, broker: Redis, redis: Redis, system: System
) -> None:
    # Given a worker whose queue of bars may have snapshots follow on them
    named = "tasks.publish_snapshot,celery.backend_cleanup"
    processes.worker("worker", queues="aggs,clock", QUEUE_TASKS=named)

    # When a bar comes with one, and with another task
    bars = client.signature("tasks.process_agg", [bar("A", "09:30:00")], queue=AGGS)
    bars.apply_async(link=client.signature("tasks.publish_snapshot", immutable=True))
    client.send_task("celery.backend_cleanup", queue=AGGS)
    bars.apply_async(link=client.signature("tasks.reset_day", immutable=True))

    # Then it follows, and the other does not
    eventually(lambda: redis.exists("scanners:top_volume"))
    eventually(lambda: done(broker))
    reasons = [letter.reason for letter in system.dead_letters]
    assert reasons == ["message: nothing may call back 'tasks.reset_day'"]


def test_names_of_messages_are_not_counted(
    celery_app: Celery, celery_worker: Any, client: Celery, broker: Redis, redis: Redis
) -> None:
    # Given bars that go Celery's own way under other names
    for name in ("loud", "louder"):
        client.send_task("tasks.process_agg", [bar("A", "09:30:00")], queue=AGGS, shadow=name, countdown=0.01)
    eventually(lambda: redis.exists(keys.row("A")) and done(broker))

    # Then the worker, which never forgets a name, has not met them (others it may have: it lives in this process)
    told = client.control.inspect(timeout=5, limit=1).stats() or {}
    (counted,) = [{*each["total"]} for each in told.values()]
    assert "tasks.process_agg" in counted
    assert not counted & {"loud", "louder"}
