"""Brokers that fail, and what the sender is told."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kombu.exceptions import EncodeError, OperationalError
from redis import Redis

from deploy.redis_server import RedisServer
from tasks.fastlane.sending.buffer import BATCH_SIZE
from tasks.fastlane.sending.errors import SendError, UnencodableError
from tests.support.senders import IMPATIENT, QUEUE, app_on, events, messages, task_on
from tests.support.waiting import eventually


def test_a_broker_that_dies_leaves_nothing_unsaid(server: RedisServer) -> None:
    # Given a broker that dies when a batch has been sent, and is back when the error is handled
    task = task_on(app_on(server.url(1), task_publish_retry_policy=IMPATIENT))
    broker = Redis.from_url(server.url(1))

    def dying() -> Iterator[int]:
        for n in range(3 * BATCH_SIZE):
            if n == BATCH_SIZE + 7:
                server.kill()
            yield n

    with pytest.raises(SendError) as caught:
        task.delay_many(dying())
    # Then the error tells of every event: what was sent, and what surely was not
    assert isinstance(caught.value, OperationalError)
    assert len(set(caught.value.sent)) == BATCH_SIZE
    assert not caught.value.doubtful
    server.start()
    unsent = list(caught.value.unsent)
    assert unsent == list(range(BATCH_SIZE, 3 * BATCH_SIZE))
    # And what was not can be sent, when the broker is back
    ids = task.delay_many(unsent)
    assert [each["headers"]["id"] for each in messages(broker)] == ids


def test_a_write_without_an_answer_is_in_doubt_and_can_be_repeated(server: RedisServer) -> None:
    # Given a broker that is held up in the middle of a write
    options = {"socket_timeout": 0.3}
    task = task_on(app_on(server.url(1), broker_transport_options=options, task_publish_retry_policy=IMPATIENT))
    task.delay_many(["before"])
    broker = Redis.from_url(server.url(1))
    process: int = broker.info()["process_id"]
    os.kill(process, signal.SIGSTOP)
    # When events are sent
    try:
        with pytest.raises(SendError) as caught:
            task.delay_many(iter(["one", "two"]))
    finally:
        os.kill(process, signal.SIGCONT)
    # Then both are in doubt, with their ids
    assert not caught.value.sent
    assert [call.args for call in caught.value.doubtful] == [("one",), ("two",)]
    assert list(caught.value.unsent) == []
    # And the broker turns out to have them; sent again, they come under the same ids
    eventually(lambda: broker.llen(QUEUE) == 3)
    for call in caught.value.doubtful:
        task.apply_async(call.args, call.kwargs, task_id=call.id)
    ids = [each["headers"]["id"] for each in messages(broker)]
    assert ids[1:3] == ids[3:5] == [call.id for call in caught.value.doubtful]


def test_a_lost_connection_is_made_anew(server: RedisServer) -> None:
    # Given a task that has been sent, to a broker that was away since
    task = task_on(app_on(server.url(1)))
    task.delay("before")
    server.kill()
    server.start()
    # When it is sent again
    ids = [task.delay("one").id, *task.delay_many(["two"])]
    # Then nobody notices, and the queue is bound as ever
    broker = Redis.from_url(server.url(1))
    assert [each["headers"]["id"] for each in messages(broker)] == ids


def test_a_full_broker_leaves_no_doubt(server: RedisServer) -> None:
    # Given a broker that is full
    task = task_on(app_on(server.url(1)))
    task.delay_many(["before"])
    broker = Redis.from_url(server.url(1))
    broker.config_set("maxmemory", 1)
    # When tasks are sent
    with pytest.raises(SendError, match="maxmemory") as caught:
        task.delay_many(iter([1, 2]))
    with pytest.raises(OperationalError, match="maxmemory"):
        task.delay(3)
    # Then what was refused is known to be unsent
    assert not caught.value.doubtful
    assert list(caught.value.unsent) == [1, 2]
    # And when there is room again, all goes on
    broker.config_set("maxmemory", 0)
    task.delay_many([4])
    assert [events(each) for each in messages(broker)] == ["before", 4]


def test_a_buffer_tells_what_it_could_not_send(server: RedisServer) -> None:
    task = task_on(app_on(server.url(1), task_publish_retry_policy=IMPATIENT))
    buffer = task.buffered()
    buffer("sent")
    buffer.flush()
    ids = [buffer("one"), buffer("two", extra=2)]
    server.kill()
    # When it is flushed while the broker is away
    with pytest.raises(SendError) as caught:
        buffer.flush()
    # Then the error has the calls, and the buffer has them no longer
    unsent = [(call.id, call.args, call.kwargs) for call in caught.value.unsent]
    assert unsent == [(ids[0], ("one",), {}), (ids[1], ("two",), {"extra": 2})]
    assert (caught.value.doubtful, buffer.sent) == ([], 1)
    server.start()
    buffer.flush()
    assert not Redis.from_url(server.url(1)).llen(QUEUE)


@pytest.mark.parametrize("fast_lane", [True, False])
def test_a_broker_that_never_was_there(tmp_path: Path, fast_lane: bool) -> None:
    server = RedisServer(tmp_path / "never")
    task = task_on(app_on(server.url(1), fast_lane=fast_lane, task_publish_retry_policy=IMPATIENT))

    with pytest.raises(OperationalError):
        task.delay(1)
    with pytest.raises(SendError) as caught:
        task.delay_many(iter([1, 2, 3]))

    told = [*(call.args[0] for call in caught.value.doubtful), *caught.value.unsent]
    assert (caught.value.sent, told) == ([], [1, 2, 3])


@pytest.mark.parametrize("fast_lane", [True, False])
def test_an_event_that_cannot_be_sent_is_named(url: str, broker: Redis, fast_lane: bool) -> None:
    # Given events of which one is no JSON
    task = task_on(app_on(url, fast_lane=fast_lane))
    bad = object()
    # When they are sent
    with pytest.raises(UnencodableError, match="event 2 ") as caught:
        task.delay_many(iter([0, 1, bad, 3, 4]))
    # Then those before it are, and it and those after it are not
    assert [each["headers"]["id"] for each in messages(broker)] == caught.value.sent
    assert [events(each) for each in messages(broker)] == [0, 1]
    assert (caught.value.index, list(caught.value.unsent)) == (2, [3, 4])
    # And by itself it is refused as Celery refuses it
    with pytest.raises(EncodeError):
        task.delay(bad)
    with pytest.raises(EncodeError):
        task.buffered()(bad)


def test_an_event_that_cannot_be_sent_is_told_of_when_those_before_it_cannot_either(server: RedisServer) -> None:
    # Given events of which one is no JSON, and a broker that is gone when it is that one's turn
    task = task_on(app_on(server.url(1), task_publish_retry_policy=IMPATIENT))
    task.delay("before")
    bad = object()

    def dying() -> Iterator[Any]:
        yield from (0, 1)
        server.kill()
        yield from (bad, 3)

    with pytest.raises(SendError) as caught:
        task.delay_many(dying())
    # Then the error tells of all of them
    assert list(caught.value.unsent) == [0, 1, bad, 3]


def test_a_signal_in_the_middle_of_a_write_loses_nothing(url: str, broker: Redis) -> None:
    # Given a buffer whose write is interrupted after it was started
    def interrupted(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    task = task_on(app_on(url))
    broker.execute_command("CLIENT", "PAUSE", 1000, "WRITE")
    before = signal.signal(signal.SIGALRM, interrupted)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    ids: list[str] = []

    def block() -> None:
        with send:
            ids.extend(map(send, (1, 2)))
            send.flush()

    send = task.buffered()
    try:
        with pytest.raises(KeyboardInterrupt):
            block()
    finally:
        signal.signal(signal.SIGALRM, before)
    # Then everything that it accepted is in the queue
    assert {each["headers"]["id"] for each in messages(broker)} >= set(ids)
    assert send.sent == 2
