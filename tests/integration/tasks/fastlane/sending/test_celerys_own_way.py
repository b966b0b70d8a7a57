"""Calls whose messages Celery has to make."""

import json
from typing import Any

import pytest
from celery import Task, signals
from celery.contrib.testing.worker import start_worker
from kombu import Exchange, Queue
from redis import Redis

from tasks.fastlane.sending.template_task import TemplateTask
from tests.support.senders import QUEUE, app_on, body, messages, task_on
from tests.support.waiting import eventually


class Loud(TemplateTask[..., Any]):
    """Has a say in how it is sent."""

    abstract = True

    def apply_async(self, args: Any = None, kwargs: Any = None, *rest: Any, **options: Any) -> Any:
        return super().apply_async(args, kwargs, *rest, **options | {"shadow": "loud"})


def by_arguments(name: str, args: Any, kwargs: Any, options: Any, task: Any = None, **_: Any) -> dict[str, str]:
    return {"queue": f"{QUEUE}"}


@pytest.mark.parametrize(
    ("conf", "options"),
    [
        ({"fast_lane": False}, {}),
        ({"task_protocol": 1}, {}),
        ({"task_send_sent_event": True}, {}),
        ({"task_serializer": "pickle"}, {}),
        ({"task_compression": "gzip"}, {}),
        ({"task_default_priority": 3}, {}),
        ({"task_routes": [by_arguments]}, {}),
        ({"task_routes": {"tests.note": {"queue": QUEUE, "priority": 6}}}, {}),
        ({"task_queues": [Queue(QUEUE, Exchange("topic", type="topic"), "#")]}, {}),
        ({"task_queues": [Queue(QUEUE, Exchange(QUEUE), QUEUE, expires=60)]}, {}),
        ({"broker_transport_options": {"priority_steps": [3, 6]}}, {}),
        ({"broker_transport_options": {"body_encoding": "utf-8"}}, {}),
        ({}, {"priority": 3}),
        ({}, {"serializer": "pickle"}),
        ({}, {"compression": "gzip"}),
        ({}, {"expires": 60}),
        ({}, {"exchange": "other", "routing_key": "other"}),
        ({}, {"shadow_name": lambda self, args, kwargs, options: "shadow"}),
        ({}, {"base": Loud}),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_what_is_not_plain_goes_celerys_own_way(url: str, broker: Redis, conf: Any, options: Any) -> None:
    # Given a task whose messages cannot all be the same
    task = task_on(app_on(url, **conf), **options)
    assert task.template() is None
    # When it is called, by one and in bulk
    task.delay("one")
    ids = task.delay_many(["two", "three"])
    with task.buffered() as send:
        ids.append(send("four", 5))
        # Then nothing is kept back
        assert send.sent == 1
    # And every message is there that Celery makes of them
    stock = task_on(app_on(url, **conf), Task, **{key: value for key, value in options.items() if key != "base"})
    before = {key: broker.lrange(key, 0, -1) for key in broker.scan_iter() if broker.type(key) == b"list"}
    for args in (("one",), ("two",), ("three",), ("four", 5)):
        stock.delay(*args)
    if "exchange" in options:
        # Nothing is bound to it.
        assert not before
        return
    ((key, sent),) = before.items()
    both = [json.loads(each) for each in reversed(broker.lrange(key, 0, -1))]
    assert len(sent) == 4
    for mine, theirs in zip(both[:4], both[4:], strict=True):
        assert mine["properties"].keys() == theirs["properties"].keys()
        assert mine["properties"]["priority"] == theirs["properties"]["priority"]
        assert mine["headers"].keys() == theirs["headers"].keys()
        assert mine["content-type"] == theirs["content-type"]
    assert [each["properties"]["correlation_id"] for each in both[1:4]] == ids


def test_options_go_celerys_own_way(url: str, broker: Redis) -> None:
    task = task_on(app_on(url))
    for options in ({"countdown": 5}, {"headers": {"x": 1}}, {"task_id": "mine"}, {"link": task.s()}):
        task.apply_async(("event",), **options)

    countdown, headers, named, linked = messages(broker)
    assert countdown["headers"]["eta"]
    assert headers["headers"]["x"] == 1
    assert named["headers"]["id"] == "mine"
    assert body(linked)[2]["callbacks"]


@pytest.mark.parametrize("published", [signals.before_task_publish, signals.after_task_publish])
def test_listeners_hear_of_every_message(url: str, broker: Redis, published: Any) -> None:
    # Given a task that is sent by template
    task = task_on(app_on(url))
    task.delay("before")
    # When somebody listens
    heard: list[Any] = []

    def listen(body: Any, **_: Any) -> None:
        heard.append(body[0][0])

    published.connect(listen)
    try:
        task.delay("one")
        task.delay_many(["two", "three"])
    finally:
        published.disconnect(listen)
    task.delay("after")
    # Then all of that time is heard of
    assert heard == ["one", "two", "three"]
    assert len(messages(broker)) == 5


def test_a_function_in_celerys_place_is_called(url: str, broker: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a tracer that has wrapped the method
    called: list[Any] = []
    original = Task.apply_async

    def traced(self: Any, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        called.append(args)
        return original(self, args, kwargs, **options)

    monkeypatch.setattr(Task, "apply_async", traced)

    task_on(app_on(url)).delay_many(["event"])

    assert called == [("event",)]


def test_eager_tasks_run_at_once(url: str, broker: Redis) -> None:
    app = app_on(url)
    tasks: Any = app.tasks
    ran: list[Any] = []

    @app.task(base=TemplateTask, name="tests.run", shared=False)
    def run(event: Any) -> None:
        ran.append(event)

    tasks["tests.run"].delay("sent")
    app.conf.task_always_eager = True
    tasks["tests.run"].delay("one")
    tasks["tests.run"].delay_many(["two", "three"])

    assert ran == ["one", "two", "three"]
    assert broker.llen(QUEUE) == 1


def test_another_broker_than_redis_is_celerys_business() -> None:
    task = task_on(app_on("memory://"))

    ids = task.delay_many(["one", "two"])

    with task.app.connection_for_read() as connection:
        received = [connection.default_channel.basic_get(QUEUE) for _ in range(2)]
    assert [each.properties["correlation_id"] for each in received] == ids


def test_a_message_of_another_task_names_its_parent(url: str, broker: Redis) -> None:
    # Given a worker and a task that calls another
    app = app_on(url)
    tasks: Any = app.tasks
    calls: list[tuple[Any, ...]] = []

    @app.task(base=TemplateTask, name="tests.child", bind=True, shared=False)
    def child(self: Any, event: Any) -> None:
        calls.append((event, self.request.parent_id, self.request.root_id))

    @app.task(base=TemplateTask, name="tests.parent", shared=False)
    def parent(event: Any) -> None:
        tasks["tests.child"].delay("by delay")
        tasks["tests.child"].delay_many(["in bulk"])

    # When it runs
    with start_worker(app, perform_ping_check=False, pool="solo"):
        result = tasks["tests.parent"].delay("event")
        eventually(lambda: len(calls) == 2)
    # Then the messages say whose they are
    assert calls == [(event, result.id, result.id) for event in ("by delay", "in bulk")]
