"""Messages that are filled into a template: what Celery would have sent, only faster."""

import base64
import json
import math
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from itertools import count, islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from celery import Celery, Task, signals
from celery.app.task import Context
from celery.contrib.testing.worker import start_worker
from celery.result import AsyncResult
from celery.worker.request import Request
from hypothesis import given
from hypothesis import strategies as st
from kombu import Exchange, Queue, serialization
from kombu.exceptions import EncodeError, OperationalError
from kombu.transport.redis import Channel
from kombu.utils.json import loads
from redis import Redis

from deploy.redis_server import RedisServer
from tasks.fastlane.sending import payload
from tasks.fastlane.sending.buffer import LOT
from tasks.fastlane.sending.errors import SendError, UnencodableError
from tasks.fastlane.sending.template_task import TemplateTask
from tests.support.waiting import eventually

QUEUE = "celery"


@pytest.fixture
def broker(redis: Redis, redis_server: RedisServer) -> Iterator[Redis]:
    """A client of the broker's database, which is empty."""
    client = Redis.from_url(redis_server.url(1))
    yield client
    client.close()


@pytest.fixture
def url(broker: Redis, redis_server: RedisServer) -> str:
    return redis_server.url(1)


def app_on(url: str, **conf: Any) -> Celery:
    app = Celery("fastlane", set_as_current=False)
    # Connections of a pool of its own: kombu remembers what it declared on another test's.
    options = {"client_name": uuid4().hex} | conf.pop("broker_transport_options", {})
    # The environment names the tests' broker, and Celery prefers it to `broker`.
    app.conf.update(broker_write_url=url, broker_read_url=url, broker_transport_options=options)
    app.conf.update(task_ignore_result=True)
    app.conf.update(conf)
    return app


def task_on(app: Celery, base: type[Any] = TemplateTask, **options: Any) -> Any:
    """A task of the same name, whatever its base."""

    @app.task(name="tests.note", base=base, shared=False, **options)
    def note(event: Any, extra: Any = None) -> None:
        pass

    return app.tasks["tests.note"]


def messages(broker: Redis, queue: str = QUEUE) -> list[dict[str, Any]]:
    """What waits, oldest first."""
    return [json.loads(each) for each in reversed(broker.lrange(queue, 0, -1))]


def body(message: dict[str, Any]) -> Any:
    return loads(base64.b64decode(message["body"]))


def events(message: dict[str, Any]) -> Any:
    return body(message)[0][0]


def writes(broker: Redis) -> int:
    """LPUSH commands so far."""
    stats: dict[str, Any] = broker.info("commandstats")
    return int(stats.get("cmdstat_lpush", {}).get("calls", 0))


def scrubbed(message: dict[str, Any]) -> dict[str, Any]:
    """A message without what differs from call to call, but for the types of that."""
    message = json.loads(json.dumps(message))
    message["body"] = body(message)
    headers, properties = message["headers"], message["properties"]
    assert headers["id"] == headers["root_id"] == properties["correlation_id"]
    assert UUID(headers["id"]).version == 4
    assert properties["delivery_tag"] != headers["id"]
    for part, name in (
        (headers, "id"),
        (headers, "root_id"),
        (properties, "correlation_id"),
        (properties, "delivery_tag"),
        # Which thread of which app it was.
        (properties, "reply_to"),
    ):
        if name in part:
            part[name] = type(part[name])
    return message


#: What Celery writes and a worker has no need of, for a call without options: headers, and the third of the body.
SILENT: dict[str, Any] = {
    **dict.fromkeys(("shadow", "eta", "expires", "group", "group_index", "parent_id", "stamped_headers")),
    "retries": 0,
    "timelimit": [None, None],
    "replaced_task_nesting": 0,
    "stamps": {},
}


def shortened(message: dict[str, Any]) -> dict[str, Any]:
    """A message of Celery's without what says nothing."""
    headers, properties = message["headers"], dict(message["properties"])
    if headers["ignore_result"]:
        del properties["reply_to"]
    kept = {
        name: value
        for name, value in headers.items()
        if name not in ("argsrepr", "kwargsrepr") and not (name in SILENT and value == SILENT[name])
    }
    args, kwargs, embed = message["body"]
    assert embed == payload.EMBED
    return message | {"headers": kept, "properties": properties, "body": [args, kwargs, {}]}


# What one message looks like


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


# What arguments look like on the other side


class Colour(Enum):
    RED = "red"


class Size(IntEnum):
    LARGE = 3


class Name(StrEnum):
    JOE = "joe"


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.sampled_from([2**63, -(2**63) - 1, 2**64, 10**400, -0.0, 1e15, 1e16, 5e-324, "null", "x null y"])
)
OTHERS = (
    st.datetimes()
    | st.dates()
    | st.decimals(allow_nan=False)
    | st.uuids()
    | st.binary()
    | st.sampled_from([Size.LARGE, Name.JOE, datetime(2026, 1, 1, tzinfo=UTC), date.min, Decimal("1.10")])
)
KEYS = st.text(st.characters(exclude_categories=())) | st.integers() | st.floats() | st.booleans() | st.none()
PAYLOADS = st.recursive(
    SCALARS | OTHERS,
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(KEYS | st.just(Name.JOE), inner),
    max_leaves=12,
)


def same(a: Any, b: Any) -> bool:
    """Equal in value and type, with NaN equal to NaN and 0.0 different from -0.0."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return repr(a) == repr(b)
    return bool(a == b)


@given(
    args=st.lists(PAYLOADS | st.dictionaries(st.text(), SCALARS), max_size=3),
    kwargs=st.dictionaries(st.text(), PAYLOADS),
)
def test_whatever_is_sent_reads_back_as_from_celery(args: list[Any], kwargs: dict[str, Any]) -> None:
    # Given what Celery's own message would carry, but for the third part that has nothing in it
    try:
        _, _, text = serialization.dumps((args, kwargs, {}), serializer="json")
    except EncodeError:
        # Then what it refuses is refused
        with pytest.raises(EncodeError):
            payload.encode(args, kwargs)
        return
    # Then ours reads back as the same
    assert same(loads(payload.encode(args, kwargs)), loads(text))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: {"v": x, "n": None, "s": "null"}, lambda x: [{"v": x}]])
def test_what_is_no_number_never_becomes_null(value: float, wrap: Callable[[Any], Any]) -> None:
    assert same(loads(payload.encode([wrap(value)], {}))[0][0], wrap(value))


def test_another_json_serializer_is_not_bypassed(url: str, broker: Redis) -> None:
    # Given a project that has registered an encoder of its own under the name
    before = serialization.registry._encoders["json"]  # type: ignore[attr-defined]
    serialization.register("json", lambda _: '[["mine"], {}, {}]', loads, "application/json", "utf-8")
    try:
        # When a task is called
        task_on(app_on(url)).delay("event")
    finally:
        serialization.register("json", before.encoder, loads, before.content_type, before.content_encoding)
    # Then it is used
    assert [events(each) for each in messages(broker)] == ["mine"]


# In bulk


def test_many_are_sent_in_few_writes_and_in_order(url: str, broker: Redis) -> None:
    # Given a task and a generator of events
    task = task_on(app_on(url))
    task.delay_many([0])
    before = writes(broker)
    # When they are sent
    ids = task.delay_many({"n": n} for n in range(1, 2 * LOT + 8))
    # Then it takes three writes
    assert writes(broker) - before == 3
    # And each is a message, in their order
    sent = messages(broker)[1:]
    assert [events(each)["n"] for each in sent] == list(range(1, 2 * LOT + 8))
    assert [each["headers"]["id"] for each in sent] == ids
    assert len({each["properties"]["delivery_tag"] for each in sent} | set(ids)) == 2 * len(ids)


def test_large_messages_are_not_put_in_one_write(url: str, broker: Redis) -> None:
    task = task_on(app_on(url))
    task.delay_many([0])
    before = writes(broker)

    task.delay_many("x" * 1_000_000 for _ in range(9))

    assert writes(broker) - before == 3


def test_nothing_is_sent_of_nothing(url: str, broker: Redis) -> None:
    assert task_on(app_on(url)).delay_many([]) == []
    assert not broker.keys()


def test_when_the_events_end_with_an_error_those_before_it_are_sent(url: str, broker: Redis) -> None:
    def failing() -> Iterator[int]:
        yield from range(3)
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        task_on(app_on(url)).delay_many(failing())

    assert [events(each) for each in messages(broker)] == [0, 1, 2]


def test_a_buffer_is_flushed_when_it_is_full_when_asked_and_at_its_end(url: str, broker: Redis) -> None:
    task = task_on(app_on(url))
    # Given a buffer of three
    with task.buffered(size=3, seconds=math.inf) as send:
        # When two are sent, nothing is written; the third fills it
        ids = [send("a"), send("b", extra=1)]
        assert (broker.llen(QUEUE), send.sent) == (0, 0)
        ids.append(send("c"))
        assert (broker.llen(QUEUE), send.sent) == (3, 3)
        # And when it is told to, it writes what it has
        ids.append(send(event="d"))
        send.flush()
        assert broker.llen(QUEUE) == 4
        send.flush()
        ids.append(send("e"))
    # And at its end it writes the rest
    assert send.sent == 5
    assert [each["headers"]["id"] for each in messages(broker)] == ids
    assert [body(each)[:2] for each in messages(broker)] == [
        [["a"], {}],
        [["b"], {"extra": 1}],
        [["c"], {}],
        [[], {"event": "d"}],
        [["e"], {}],
    ]


def test_a_buffer_lets_no_message_grow_old_while_others_come(url: str, broker: Redis) -> None:
    with task_on(app_on(url)).buffered(seconds=0.01) as send:
        send("first")
        # When calls go on coming for longer than that
        eventually(lambda: send("next") and broker.llen(QUEUE))


@pytest.mark.parametrize("error", [LookupError, KeyboardInterrupt])
def test_what_a_buffer_has_accepted_is_sent_when_its_block_fails(
    url: str, broker: Redis, error: type[BaseException]
) -> None:
    def block() -> None:
        with task_on(app_on(url)).buffered() as send:
            send("accepted")
            raise error

    with pytest.raises(error):
        block()
    assert [events(each) for each in messages(broker)] == ["accepted"]


def test_a_buffer_holds_what_an_event_was_when_it_was_sent(url: str, broker: Redis) -> None:
    event = {"n": 1}
    with task_on(app_on(url)).buffered() as send:
        send(event)
        event["n"] = 2

    assert [events(each) for each in messages(broker)] == [{"n": 1}]


# Celery's own way


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


def test_a_stock_worker_executes_what_is_sent(url: str, broker: Redis) -> None:
    # Given a worker that has nothing of ours
    app = app_on(url)
    seen: list[Any] = []

    @app.task(name="tests.note", shared=False)
    def note(event: Any, extra: Any = None) -> None:
        seen.append((event, extra))

    # When everything is sent that can be
    ours = task_on(app_on(url))
    with start_worker(app, perform_ping_check=False, pool="solo"):
        ours.delay({"sym": "A"}, extra=math.inf)
        ours.delay_many({"n": n} for n in range(LOT + 1))
        with ours.buffered() as send:
            send(event=Decimal("1.5"))
        eventually(lambda: len(seen) == LOT + 3)
    # Then it is executed in its order, and nothing is left
    assert seen == [({"sym": "A"}, math.inf), *(({"n": n}, None) for n in range(LOT + 1)), (Decimal("1.5"), None)]
    eventually(lambda: not broker.exists(QUEUE, "unacked"))


# When something fails


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A broker of the test's own, which it may kill."""
    server = RedisServer(tmp_path / "server", None, "--appendonly", "no").start()
    yield server
    server.stop()


IMPATIENT = {"max_retries": 0, "interval_start": 0, "interval_step": 0, "interval_max": 0}


def test_a_broker_that_dies_leaves_nothing_unsaid(server: RedisServer) -> None:
    # Given a broker that dies when a lot has been sent, and is back when the error is handled
    task = task_on(app_on(server.url(1), task_publish_retry_policy=IMPATIENT))
    broker = Redis.from_url(server.url(1))

    def dying() -> Iterator[int]:
        for n in range(3 * LOT):
            if n == LOT + 7:
                server.kill()
            yield n

    with pytest.raises(SendError) as caught:
        task.delay_many(dying())
    # Then the error tells of every event: what was sent, and what surely was not
    assert isinstance(caught.value, OperationalError)
    assert len(set(caught.value.sent)) == LOT
    assert not caught.value.doubtful
    server.start()
    unsent = list(caught.value.unsent)
    assert unsent == list(range(LOT, 3 * LOT))
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
    # Given a buffer whose write is interrupted after it was begun
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


# Threads and processes


def test_threads_do_not_disturb_one_another(url: str, broker: Redis) -> None:
    task = task_on(app_on(url, broker_pool_limit=3, task_ignore_result=False))
    ids: list[str] = []

    def send(thread: int) -> None:
        for n in range(20):
            ids.append(task.delay((thread, n)).id)
            ids.extend(task.delay_many((thread, n) for _ in range(30)))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    sent = messages(broker)
    assert len(set(ids)) == 8 * 20 * 31
    assert {each["headers"]["id"] for each in sent} == set(ids)
    # Each message names its thread, as Celery's do.
    assert len({each["properties"]["reply_to"] for each in sent}) == 8


@pytest.mark.parametrize("fork", ["os.fork", "multiprocessing"])
def test_a_forked_process_has_a_connection_and_an_identity_of_its_own(url: str, broker: Redis, fork: str) -> None:
    # Given a process that has sent
    task = task_on(app_on(url))
    task.delay("parent")
    clients = len(broker.client_list())

    def child() -> None:
        for n in range(50):
            task.delay_many([f"child {n}"])

    # When a child of it sends while it goes on to send
    if fork == "os.fork":
        pid = os.fork()
        if pid == 0:
            try:
                child()
            finally:
                os._exit(0)
    else:
        process = multiprocessing.get_context("fork").Process(target=child)
        process.start()
    for n in range(50):
        task.delay_many([f"parent {n}"])
    if fork == "os.fork":
        os.waitpid(pid, 0)
    else:
        process.join()
    # Then each message is there once, under an id of its own, and says which process sent it
    sent = messages(broker)
    assert len({each["headers"]["id"] for each in sent}) == len(sent) == 101
    assert {(events(each).split()[0], each["headers"]["origin"]) for each in sent} == {
        ("parent", f"gen{os.getpid()}@{os.uname().nodename}"),
        ("child", next(each["headers"]["origin"] for each in sent if events(each) == "child 0")),
    }
    assert len({each["headers"]["origin"] for each in sent}) == 2
    # And the parent's connection is still its own
    assert len(broker.client_list()) <= clients + 1


def test_an_iterable_is_not_taken_in_at_once(url: str, broker: Redis) -> None:
    task = task_on(app_on(url))

    task.delay_many(islice(count(), LOT * 2))

    assert broker.llen(QUEUE) == LOT * 2
