"""Workers are counted, whatever is answered in their place."""

import base64
import json
import threading
from typing import Any, cast

import pytest
from redis import Redis

from config.settings import settings
from tests.support.waiting import eventually
from tests.support.watch.gateways import SOON
from watch.gateway.cluster.worker_count import WorkerCount, WorkerProbe, count_workers

SOUND = {"worker@here": [{"name": "aggs"}]}


# What a worker, or something that passes itself off as one, may answer.
BODIES: list[Any] = [
    {"worker@there": {"error": "out of order"}},
    {"worker@there": ["aggs"]},
    {"worker@there": [None]},
    {"worker@there": "aggs"},
    {"worker@there": None},
    {"worker@there": 7},
    {"error": "no such command"},
    {},
    [],
    [SOUND],
    "aggs",
    7,
    None,
    KeyError("properties"),
]


@pytest.mark.parametrize("body", BODIES, ids=repr)
def test_a_worker_that_does_not_answer_soundly_is_not_counted(body: Any) -> None:
    called = count_workers([body, SOUND])

    assert called.workers == 1
    assert len(called.invalid) == 1


def test_a_worker_of_other_queues_is_sound_and_takes_no_bars() -> None:
    assert count_workers([{"a": [{"name": "clock"}]}, {"b": []}, {"c": [{"no name": 1}]}]) == count_workers([])


def envelope(body: Any, ticket: str, **headers: Any) -> bytes:
    """A message as kombu puts it on a list."""
    encoded = base64.b64encode(json.dumps(body).encode()).decode()
    properties = {"body_encoding": "base64", "delivery_info": {}, "delivery_tag": "1"}
    return json.dumps(
        {
            "body": encoded,
            "content-type": "application/json",
            "content-encoding": "utf-8",
            "headers": {"ticket": ticket, **headers},
            "properties": properties,
        }
    ).encode()


class FakeWorkers:
    """Answers each question to workers with all that it was given, and soundly last."""

    def __init__(self, broker: Redis, bodies: list[Any], raw: list[bytes]) -> None:
        self._broker, self._bodies, self._raw = broker, bodies, raw
        self._over = threading.Event()
        self._listener = broker.pubsub(ignore_subscribe_messages=True)
        self._listener.psubscribe("*celery.pidbox")
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "FakeWorkers":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()
        self._listener.close()

    def _run(self) -> None:
        while not self._over.is_set():
            if message := self._listener.get_message(timeout=0.1):
                question = json.loads(base64.b64decode(json.loads(message["data"])["body"]))
                queue = f"{question['reply_to']['routing_key']}.reply.celery.pidbox"
                strange = {"clock": "no number", "expires": "never"}
                bodies = [envelope(each, question["ticket"], **strange) for each in [*self._bodies, SOUND]]
                self._broker.lpush(queue, *self._raw, *bodies)


UNREADABLE = [
    b"",
    b"no JSON",
    b"\xff\xfe",
    b"[]",
    b"7",
    b"null",
    b"{}",
    b'{"body": 1, "headers": {}, "properties": {}}',
    envelope(1, "").replace(b"application/json", b"application/x-python-serialize"),
    envelope(1, "").replace(b"base64", b"no coding"),
    envelope(1, "").replace(b'{"ticket": ""}', b'["ticket"]'),
]


def test_what_is_no_message_hides_no_worker(broker: Redis) -> None:
    # Given a worker that answers soundly, behind all that is no answer
    bodies = [body for body in BODIES if not isinstance(body, Exception)]
    with FakeWorkers(broker, bodies, UNREADABLE):
        # When workers are asked, again if a busy machine did not take all answers within the time of one question
        probe = WorkerProbe(settings().celery_broker_url, {})
        called = WorkerCount(0, ())

        def is_counted() -> bool:
            nonlocal called
            called = probe.count()
            return called.workers > 0

        eventually(is_counted)

    # Then it is counted, and of the others it is said what is wrong
    assert called.workers == 1
    assert any("out of order" in why for why in called.invalid)
    assert any("cannot be read" in why for why in called.invalid)


def test_workers_that_answer_without_end_are_asked_for_a_time_only(broker: Redis) -> None:
    workers = WorkerProbe(settings().celery_broker_url, {})
    over = threading.Event()

    def flood() -> None:
        # Each answer comes while the last one is waited for.
        while not over.wait(0.3):
            for queue in broker.keys("_kombu.binding.reply.celery.pidbox*"):
                for bound in cast(set[bytes], broker.smembers(queue)):
                    broker.lpush(bound.split(b"\x06\x16")[-1], envelope(SOUND, "another question's"))

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        asked = threading.Thread(target=workers.count)
        asked.start()
        asked.join(SOON)
        assert not asked.is_alive()
    finally:
        over.set()
        thread.join()
