"""A message that is filled into a template, next to what Celery would have sent."""

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from celery import Task
from celery.app.task import Context
from celery.contrib.testing.worker import start_worker
from celery.result import AsyncResult
from celery.worker.request import Request
from kombu import Exchange, Queue
from kombu.transport.redis import Channel
from kombu.utils.json import loads
from redis import Redis

from tasks.fastlane.sending.buffer import BATCH_SIZE
from tasks.fastlane.sending.template_task import TemplateTask
from tests.support.senders import QUEUE, app_on, messages, scrubbed, shortened, task_on
from tests.support.waiting import eventually


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [(({"sym": "A", "c": 1.5, "n": None},), {}), ((1, "é%s%%"), {}), ((), {"event": [1, {"a": 2}]})],
)
@pytest.mark.parametrize(
    ("conf", "options"),
    [
        ({}, {}),
        ({"task_ignore_result": False}, {}),
        ({"task_default_delivery_mode": "transient"}, {}),
        ({"task_routes": {"tests.*": {"queue": QUEUE, "routing_key": "celery"}}}, {}),
        ({"task_time_limit": 30, "task_soft_time_limit": 20}, {}),
        ({}, {"time_limit": 7, "ignore_result": False}),
    ],
)
def test_a_message_is_what_celery_would_have_sent(
    url: str, broker: Redis, args: Any, kwargs: Any, conf: Any, options: Any
) -> None:
    # Given the same task on Celery's base class and on ours
    stock, ours = (task_on(app_on(url, **conf), base, **options) for base in (Task, TemplateTask))
    # When both are called alike
    stock.delay(*args, **kwargs)
    result = ours.delay(*args, **kwargs)
    # Then the two messages differ in nothing but their ids, and ours leaves out what says nothing
    theirs, mine = messages(broker)
    assert scrubbed(mine) == shortened(scrubbed(theirs))
    assert list(mine["headers"]) == [name for name in theirs["headers"] if name in mine["headers"]]
    assert list(mine["properties"]) == [name for name in theirs["properties"] if name in mine["properties"]]
    assert ours.template() is not None
    # And the caller has a result of that id
    assert result.id == mine["headers"]["id"]
    assert isinstance(result, AsyncResult)
    assert result.ignored == mine["headers"]["ignore_result"]


@pytest.mark.parametrize("conf", [{}, {"task_ignore_result": False}])
def test_a_worker_makes_of_a_message_what_it_makes_of_celerys(url: str, broker: Redis, conf: Any) -> None:
    # Given the same call sent by Celery and by us
    stock, ours = (task_on(app_on(url, **conf), base) for base in (Task, TemplateTask))
    app = ours.app
    stock.delay("a", extra=1)
    ours.delay("a", extra=1)
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        theirs, mine = (Channel.Message(each, channel=channel) for each in messages(broker))
        # When Celery's worker makes requests of both
        requests = [
            Request(each, app=app, task=ours, headers=each.headers, decoded=False) for each in (theirs, mine)
        ]
        contexts = [Context(each.request_dict, **loads(each.body)[2]) for each in requests]
    # Then the task sees the same in both, but for who called
    names = {name for name in vars(Context) if not callable(getattr(Context, name)) and not name.startswith("_")}
    own = {"id", "root_id", "correlation_id", "properties", "delivery_info"}
    # Whether there is a limit is said by these two: time_limit, soft_time_limit.
    own |= {"timelimit", "reply_to"}
    for name in names - own:
        first, second = (getattr(each, name) for each in contexts)
        assert (first or None) == (second or None), name
    # And the worker takes both for the same kind of call
    for name in ("eta", "expires", "time_limits", "ignore_result", "name", "store_errors", "stamps", "chord"):
        first, second = (json.dumps(getattr(each, name)) for each in requests)
        assert first == second, name


def test_a_queue_is_bound_as_celery_binds_it(url: str, broker: Redis) -> None:
    # Given a queue of which the broker knows nothing
    task_on(app_on(url)).delay_many([1])
    # Then its binding is there, for whoever looks it up
    assert broker.smembers("_kombu.binding.celery") == {b"celery\x06\x16\x06\x16celery"}


def test_routes_are_followed(url: str, broker: Redis) -> None:
    queues = [Queue("one", Exchange("ex"), "key"), Queue("two", Exchange("ex"), "other")]
    app = app_on(url, task_queues=queues, task_default_queue="one", task_routes={"tests.note": "two"})

    task_on(app).delay("event")

    (sent,) = messages(broker, "two")
    assert sent["properties"]["delivery_info"] == {"exchange": "", "routing_key": "two"}
    assert broker.llen("one") == 0


def test_the_key_prefix_is_respected(url: str, broker: Redis) -> None:
    app = app_on(url, broker_transport_options={"global_keyprefix": "prefix:"})

    ids = task_on(app).delay_many(range(3))

    assert [each["headers"]["id"] for each in messages(broker, "prefix:celery")] == ids
    assert broker.exists("prefix:_kombu.binding.celery")
    assert not broker.exists("celery")


def test_wrong_arguments_are_the_callers_error(url: str, broker: Redis) -> None:
    task = task_on(app_on(url))

    for wrong in (
        lambda: task.delay(),
        lambda: task.delay(1, other=2),
        lambda: task.apply_async("text"),
        lambda: task.buffered()(1, 2, 3),
    ):
        with pytest.raises(TypeError):
            wrong()

    assert not messages(broker)


def test_a_stock_worker_executes_what_is_sent(url: str, broker: Redis) -> None:
    # Given a plain Celery worker
    app = app_on(url)
    seen: list[Any] = []

    @app.task(name="tests.note", shared=False)
    def note(event: Any, extra: Any = None) -> None:
        seen.append((event, extra))

    # When everything is sent that can be
    ours = task_on(app_on(url))
    with start_worker(app, perform_ping_check=False, pool="solo"):
        ours.delay({"sym": "A"}, extra=math.inf)
        ours.delay_many({"n": n} for n in range(BATCH_SIZE + 1))
        with ours.buffered() as send:
            send(event=Decimal("1.5"))
        eventually(lambda: len(seen) == BATCH_SIZE + 3)
    # Then it is executed in its order, and nothing is left
    assert seen == [
        ({"sym": "A"}, math.inf),
        *(({"n": n}, None) for n in range(BATCH_SIZE + 1)),
        (Decimal("1.5"), None),
    ]
    eventually(lambda: not broker.exists(QUEUE, "unacked"))
