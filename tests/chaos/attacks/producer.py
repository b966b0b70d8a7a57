"""Attacks by a client that may write to the queues."""

import base64
import itertools
import json
import time
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from redis import Redis

from config.celery import AGGS, CLOCK, REFERENCE
from tests.chaos.attacks.target import Target
from tests.chaos.distinct_bars import distinct_bars

# Messages a second: as many as a producer of bars would send.
_RATE = 400
_AT_ONCE = 20
_TASKS = {AGGS: "tasks.process_agg", CLOCK: "tasks.publish_snapshot", REFERENCE: "tasks.fetch_reference"}


def chord_unlock(target: Target) -> None:
    """Make workers wait for groups that do not exist."""
    body = [[uuid4().hex, _signature("tasks.publish_snapshot")], {"interval": 0, "max_retries": None}, {}]
    _flood(target, (_message(AGGS, body, task="celery.chord_unlock") for _ in itertools.count()))


def callbacks(target: Target) -> None:
    """Send messages each of which calls hundreds of snapshots, to each queue."""
    followers = [_signature("tasks.publish_snapshot")] * 150
    queues = itertools.cycle(_TASKS)
    _flood(target, (_message(next(queues), [[], {}, {"callbacks": followers}]) for _ in itertools.count()))


def time_limits(target: Target) -> None:
    """Get pool processes killed while they work, by time limits of calls and of their followers."""
    limited = _signature("tasks.publish_snapshot", time_limit=0.001, headers={"timelimit": 5})
    queues = itertools.cycle(_TASKS)
    kinds: Any = itertools.cycle(({"timelimit": [0.001, None]}, {"timelimit": 5}, {}))

    def message() -> bytes:
        headers = next(kinds)
        return _message(next(queues), [[], {}, {} if headers else {"callbacks": [limited] * 3}], **headers)

    _flood(target, (message() for _ in itertools.count()))


def headers(target: Target) -> None:
    """Send headers of every wrong type to every queue."""
    # Imported here: the table of headers is of the app, which reads its settings from the environment.
    from tests.support.messages.odd_headers import ODD_HEADERS

    odd = itertools.cycle(itertools.product(_TASKS, ODD_HEADERS))
    _flood(target, (_message(queue, [[], {}, {}], **{name: value}) for queue, (name, value) in odd))


def symbols(target: Target) -> None:
    """Send valid bars of a new made-up symbol each."""
    bars = ({**bar, "sym": f"X{number:07}"} for number, bar in enumerate(distinct_bars(1_000_000)))
    _flood(target, (_message(AGGS, [[bar], {}, {}]) for bar in bars))


def other_types(target: Target) -> None:
    """Put values of other types where Celery keeps bindings and lists of lower priorities, and hold its lock.

    Not in place of a queue or of `unacked`: bars would wait until an operator deletes the value, but not be lost.
    """
    lists = [f"{queue}\x06\x16{priority}" for queue in _TASKS for priority in (3, 6, 9)]
    exchanges = (*_TASKS, "celeryev", "celery.pidbox", "reply.celery.pidbox")
    tables = [f"_kombu.binding{kind}.{exchange}" for kind in ("", "_permanent") for exchange in exchanges]
    with Redis.from_url(target.broker) as broker:
        while time.monotonic() < target.until:
            with broker.pipeline(transaction=False) as pipe:
                for key in lists:
                    pipe.sadd(key, "x")
                for key in (*tables, "unacked_mutex"):
                    pipe.set(key, "x")
                pipe.execute(raise_on_error=False)
            time.sleep(0.05)


def _flood(target: Target, messages: Iterable[bytes]) -> None:
    """Put each message into the queue that it names, at a producer's pace."""
    endless = iter(messages)
    with Redis.from_url(target.broker) as broker:
        began = time.monotonic()
        for sent in itertools.count(_AT_ONCE, _AT_ONCE):
            if time.monotonic() > target.until:
                return
            with broker.pipeline(transaction=False) as pipe:
                for message in itertools.islice(endless, _AT_ONCE):
                    pipe.lpush(json.loads(message)["properties"]["delivery_info"]["routing_key"], message)
                pipe.execute()
            time.sleep(max(0.0, began + sent / _RATE - time.monotonic()))


def _signature(task: str, **options: Any) -> dict[str, Any]:
    made = {"task": task, "args": [], "kwargs": {}, "options": options}
    return made | {"subtask_type": None, "immutable": True, "chord_size": None}


def _message(queue: str, body: Any, **headers: Any) -> bytes:
    number = uuid4().hex
    properties = {
        "body_encoding": "base64",
        "delivery_tag": number,
        "delivery_info": {"exchange": "", "routing_key": queue},
    }
    message = {
        "body": base64.b64encode(json.dumps(body).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": {"lang": "py", "task": _TASKS[queue], "id": number} | headers,
        "properties": properties,
    }
    return json.dumps(message).encode()
