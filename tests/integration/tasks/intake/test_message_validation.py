"""What each queue accepts, as a table; and that the fast lane takes nothing that the table refuses."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery.app.task import Context

from config.celery import AGGS, CLOCK, REFERENCE
from config.settings import Settings
from leaderboard.brief import brief
from leaderboard.reason_kind import ReasonKind
from tasks import app
from tasks.fastlane.consuming.messages import _Headers, task_message
from tasks.intake.header_types import NO_HEADERS
from tasks.intake.message_validation import invalid_reason
from tasks.intake.queue_rules import RULES, QueueRules, rules_by_queue
from tasks.message_limits import MAX_RETRIES
from tests.support.market import bar
from tests.support.messages.hostile import call, envelope
from tests.support.messages.odd_headers import ODD_HEADERS, ODD_PROPERTIES

NOW = 1_790_000_000.0
TASKS = {AGGS: "tasks.process_agg", CLOCK: "tasks.publish_snapshot", REFERENCE: "tasks.fetch_reference"}
EVENT = bar("A", "09:30:00")
SIGNATURE: dict[str, Any] = {
    "task": "tasks.publish_snapshot",
    "args": [],
    "kwargs": {},
    "options": {},
    "subtask_type": None,
    "immutable": True,
    "chord_size": None,
}
#: Nested deeper than anything may be.
DEEP = json.loads("[" * 40 + "]" * 40)


def judged(
    queue: str = AGGS, payload: Any = None, named: Any = (), properties: Any = None, **headers: Any
) -> str | None:
    """The refusal of a call of a queue's own task, with what is given in the place of what a client sends."""
    made = {"lang": "py", "task": TASKS[queue], "id": "1"} | headers
    body = payload if payload is not None else [[EVENT] if queue == AGGS else [], {}, {}]
    return reason_of(rules_by_queue(named)[queue], made, {} if properties is None else properties, body)


def reason_of(rules: QueueRules, headers: Any, properties: Any, payload: Any) -> str | None:
    invalid = invalid_reason(rules, headers, properties, payload, lambda: NOW)
    return invalid.reason if invalid else None


def odd_envelope(name: str, value: Any) -> bytes:
    headers: Any = {"id": "1"} | {name: value}
    return envelope(call(EVENT), **headers)


def at(seconds: float) -> str:
    return (datetime.fromtimestamp(NOW, UTC) + timedelta(seconds=seconds)).isoformat()


# --- types


@pytest.mark.parametrize("queue", RULES)
def test_every_header_of_every_wrong_type_is_refused(queue: str) -> None:
    rules = {(name, repr(value)[:40]) for name, value in ODD_HEADERS if judged(queue, **{name: value}) is None}

    assert not rules


def test_a_refusal_names_the_header_and_what_it_was() -> None:
    assert judged(stamped_headers=17) == "message: header stamped_headers is a list of names, got 17"
    assert judged(CLOCK, timelimit=5) == "message: header timelimit is two numbers of seconds, got 5"


@pytest.mark.parametrize("queue", RULES)
def test_every_property_of_every_wrong_type_is_refused(queue: str) -> None:
    odd = [(name, value) for name, value in ODD_PROPERTIES if judged(queue, properties={name: value}) is None]

    assert not odd


def test_the_fast_lane_leaves_them_to_be_refused() -> None:
    plain = envelope(call(EVENT), id="1")
    assert task_message(plain)
    taken = [name for name, value in ODD_HEADERS if task_message(odd_envelope(name, value))]
    assert not taken
    message = json.loads(plain)
    for name, value in ODD_PROPERTIES:
        odd = message | {"properties": message["properties"] | {name: value}}
        assert task_message(json.dumps(odd).encode()) is None, name


@pytest.mark.parametrize("queue", RULES)
def test_no_header_changes_a_tasks_request(queue: str) -> None:
    # Given what Celery would set on the request as it came
    for name in NO_HEADERS:
        headers = {"task": TASKS[queue], "id": "1", name: []}
        assert reason_of(RULES[queue], headers, {}, [[], {}, {}]) == f"message: {brief(name)} is no header"
    # The fast lane has no such request; it leaves them to be refused all the same, and none is forgotten.
    for name in (each for each in dir(Context) if not each.startswith("_")):
        assert name in _Headers.__struct_fields__ or name == "as_execution_options"
        if name in NO_HEADERS and name != "as_execution_options":
            assert task_message(odd_envelope(name, 1)) is None


@pytest.mark.parametrize("queue", RULES)
def test_headers_of_other_names_are_nobodys(queue: str) -> None:
    assert judged(queue, redelivered=True, custom={"deep": [1]}) is None


@pytest.mark.parametrize("queue", RULES)
def test_messages_that_lack_a_part_are_refused(queue: str) -> None:
    rules = RULES[queue]

    assert reason_of(rules, {"id": "1"}, {}, [[], {}, {}]) == "message: it has no header task"
    assert reason_of(rules, {"task": TASKS[queue]}, {}, [[], {}, {}]) == "message: it has no header id"
    for headers, properties in (([], {}), ({}, []), ({}, None), ("text", {})):
        assert "no object" in str(reason_of(rules, headers, properties, [[], {}, {}]))


# --- tasks


def test_each_task_of_ours_is_accepted_by_its_queue_alone() -> None:
    ours = {name for name in app.tasks if name.startswith("tasks.")}
    routed = {name: app.amqp.router.route({}, name)["queue"].name for name in ours}

    assert routed == {name: queue for queue, rules in RULES.items() for name in rules.tasks}


@pytest.mark.parametrize("queue", RULES)
def test_other_tasks_are_refused(queue: str) -> None:
    others = {name for name in app.tasks if name not in RULES[queue].tasks} | {"os.system"}
    assert {
        "celery.chord_unlock",
        "celery.group",
        "celery.chain",
        "celery.chord",
        "celery.backend_cleanup",
    } < others

    for name in others:
        assert judged(queue, task=name) == f"message: its queue runs no task {name!r}"


# --- what a message may ask for


@pytest.mark.parametrize(
    "options",
    [
        {"eta": at(30)},
        {"eta": at(-1000)},
        {"expires": at(5)},
        {"expires": at(-5)},
        {"group": "g", "group_index": 1},
        {"retries": 1},
        {"shadow": "other"},
        {"stamped_headers": ["s"], "stamps": {"s": ["a", 1]}},
        {"timelimit": [None, None]},
        {"timelimit": [0, 0]},
        {"ignore_result": False},
    ],
)
def test_a_bar_may_wait_expire_and_be_one_of_a_group(options: dict[str, Any]) -> None:
    assert judged(**options) is None
    assert judged(properties={"priority": 9, "reply_to": "somebody"}) is None


@pytest.mark.parametrize("queue", RULES)
@pytest.mark.parametrize("limits", [[0.001, None], [None, 60], [30, 20]])
def test_time_limits_are_refused(queue: str, limits: list[Any]) -> None:
    assert judged(queue, timelimit=limits) == f"message: {TASKS[queue]} takes no time limit from a message"


@pytest.mark.parametrize("queue", RULES)
@pytest.mark.parametrize(
    "embed",
    [{"callbacks": [SIGNATURE]}, {"errbacks": [SIGNATURE]}, {"chain": [SIGNATURE]}, {"chord": SIGNATURE}],
)
def test_nothing_follows_on_a_message(queue: str, embed: dict[str, Any]) -> None:
    ((name, _),) = embed.items()

    said = judged(queue, [[EVENT] if queue == AGGS else [], {}, embed])

    assert said == f"message: {TASKS[queue]} takes no {name}"


@pytest.mark.parametrize("queue", RULES)
def test_what_follows_is_of_its_type(queue: str) -> None:
    for name in ("callbacks", "errbacks", "chain", "chord"):
        values: tuple[Any, ...] = (0, False, "", 17, "text", {} if name != "chord" else [])
        for value in values:
            assert str(judged(queue, [[], {}, {name: value}])).startswith(f"body: option {name}, got ")
    assert judged(queue, [[], {}, {"timelimit": [1, 1]}]) == "body: 'timelimit' is no option of a Celery task"


@pytest.mark.parametrize(
    ("kind", "headers", "payload"),
    [
        (ReasonKind.MESSAGE, {}, [[EVENT], {}, {}]),
        (ReasonKind.MESSAGE, {"task": "tasks.process_agg", "id": 1}, [[EVENT], {}, {}]),
        (ReasonKind.MESSAGE, {"task": "tasks.process_agg", "id": "1"}, {"event": EVENT}),
        (ReasonKind.TASK, {"task": "os.system", "id": "1"}, [["ls"], {}, {}]),
        (ReasonKind.OPTIONS, {"task": "tasks.process_agg", "id": "1", "timelimit": [5, 5]}, [[EVENT], {}, {}]),
        (ReasonKind.OPTIONS, {"task": "tasks.process_agg", "id": "1"}, [[EVENT], {}, {"chain": [SIGNATURE]}]),
        (ReasonKind.SIZE, {"task": "tasks.process_agg", "id": "1", "custom": DEEP}, [[EVENT], {}, {}]),
        (ReasonKind.SIZE, {"task": "tasks.process_agg", "id": "1"}, [[DEEP], {}, {}]),
    ],
)
def test_each_refusal_is_of_a_kind(kind: ReasonKind, headers: dict[str, Any], payload: Any) -> None:
    invalid = invalid_reason(RULES[AGGS], headers, {}, payload, lambda: NOW)

    assert invalid is not None
    assert invalid.kind is kind


@pytest.mark.parametrize("queue", [CLOCK, REFERENCE])
@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"payload": [[1], {}, {}]}, "no arguments"),
        ({"payload": [[], {"a": 1}, {}]}, "no arguments"),
        ({"eta": at(5)}, "no countdown"),
        ({"shadow": "other"}, "no shadow"),
        ({"group": "g"}, "no group"),
        ({"stamped_headers": ["s"]}, "no stamped_headers"),
        ({"stamps": {"s": 1}}, "no stamps"),
        ({"retries": MAX_RETRIES + 1}, "attempt 22"),
        ({"retries": 10**6}, "attempt 1000001"),
    ],
)
def test_other_queues_take_their_tasks_without_options(queue: str, asked: dict[str, Any], said: str) -> None:
    assert said in str(judged(queue, **asked))


def test_a_retry_of_reference_data_may_wait() -> None:
    assert judged(REFERENCE, retries=MAX_RETRIES, eta=at(30), expires=at(40)) is None
    assert judged(CLOCK, retries=1, eta=at(30)) == "message: attempt 2 of tasks.publish_snapshot, more than 1"


@pytest.mark.parametrize("queue", RULES)
def test_times_are_times(queue: str) -> None:
    for name in ("eta", "expires"):
        for text in ("now", "2020-02-30T00:00:00", "0001-01-01T00:00:00+23:59", "9" * 100):
            assert str(judged(queue, **{name: text})).startswith(f"message: header {name} is a time, got ")
    assert str(judged(queue, eta=at(61))) == "message: to be held for 61 s, more than 60"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([[], {}], "not the [args, kwargs, options]"),
        ({}, "not the [args, kwargs, options]"),
        (17, "not the [args, kwargs, options]"),
        ([{}, [], {}], "not the [args, kwargs, options]"),
        ({"args": 17}, "not the [args, kwargs, options]"),
        ([[DEEP], {}, {}], "nested deeper than 32"),
    ],
)
def test_bodies_of_other_shapes_are_refused(body: Any, said: str) -> None:
    assert said in str(judged(payload=body))


# --- what is sent


@pytest.mark.parametrize("queue", RULES)
@pytest.mark.parametrize("protocol", [1, 2])
def test_what_celery_sends_is_accepted(queue: str, protocol: int) -> None:
    # Given a call as Celery's clients make a message of it, in both protocols
    make: Any = app.amqp.as_task_v2 if protocol == 2 else app.amqp.as_task_v1
    message = make("1", TASKS[queue], [EVENT] if queue == AGGS else [], {}, expires=5)
    payload = json.loads(json.dumps(message.body))

    said = invalid_reason(RULES[queue], message.headers, message.properties, payload, time.time)

    assert said is None


@pytest.mark.parametrize("queue", RULES)
def test_old_messages_are_judged_as_new_ones(queue: str) -> None:
    old = {"task": TASKS[queue], "id": "1", "args": [], "kwargs": {}, "utc": True, "retries": 0}
    rules = RULES[queue]

    def reason(payload: dict[str, object]) -> str | None:
        return reason_of(rules, {}, {}, payload)

    assert reason(old) is None
    assert "takes no callbacks" in str(reason(old | {"callbacks": [SIGNATURE]}))
    assert "no time limit" in str(reason(old | {"timelimit": [1, 1]}))
    assert "header stamped_headers" in str(reason(old | {"stamped_headers": 17}))
    assert "header utc" in str(reason(old | {"utc": "no"}))
    assert "'update' is no header" in str(reason(old | {"update": 1}))
    assert "runs no task" in str(reason_of(rules, {"task": "os.system", "id": "1"}, {}, old))


# --- what a deployment adds


def test_the_setting_adds_tasks_to_the_queue_of_bars_alone() -> None:
    named = ("celery.backend_cleanup", "tasks.publish_snapshot")

    assert judged(task="celery.backend_cleanup", payload=[[], {}, {}], named=named) is None
    assert judged(task="tasks.publish_snapshot", payload=[[], {}, {}], named=named, timelimit=[5, 2]) is None
    assert "a time limit of 0.001 s" in str(
        judged(task=named[1], payload=[[], {}, {}], named=named, timelimit=[0.001, 2])
    )
    assert "no time limit" in str(judged(named=named, timelimit=[5, 2]))
    assert "runs no task" in str(judged(CLOCK, task="celery.backend_cleanup", named=named))
    assert "takes no callbacks" in str(judged(CLOCK, [[], {}, {"callbacks": [SIGNATURE]}], named=named))


@pytest.mark.parametrize(
    ("follower", "said"),
    [
        (SIGNATURE, None),
        (SIGNATURE | {"task": "tasks.reset_day"}, "nothing may call back 'tasks.reset_day'"),
        (SIGNATURE | {"options": {"countdown": 5, "task_id": "x"}}, None),
        (SIGNATURE | {"options": {"time_limit": 5}}, None),
        (SIGNATURE | {"options": {"time_limit": 0.001}}, "time_limit of a call back, got 0.001"),
        (SIGNATURE | {"options": {"soft_time_limit": "x"}}, "soft_time_limit of a call back, got 'x'"),
        (SIGNATURE | {"options": {"headers": {"timelimit": 5}}}, "a call back takes no 'headers'"),
        (SIGNATURE | {"options": {"queue": "clock"}}, "a call back takes no 'queue'"),
        (SIGNATURE | {"options": {"link": [SIGNATURE | {"task": "a"}]}}, "nothing may call back 'a'"),
        ({"task": "celery.group", "kwargs": {"tasks": [SIGNATURE]}}, "nothing may call back 'celery.group'"),
        ({"subtask_type": "group", "kwargs": {"tasks": [{"task": "a"}]}}, "nothing may call back 'a'"),
        ({"subtask_type": "group", "options": {"headers": {}}}, "a call back takes no 'headers'"),
    ],
)
def test_only_what_is_named_follows_on_a_bar(follower: dict[str, Any], said: str | None) -> None:
    named = ("tasks.publish_snapshot",)
    for embed in ({"callbacks": [follower]}, {"errbacks": [follower]}, {"chain": [follower]}, {"chord": follower}):
        told = judged(payload=[[EVENT], {}, embed], named=named)
        assert told == (said and f"message: {said}")


def test_celerys_own_tasks_make_no_calls_but_those_that_are_named() -> None:
    body = [[], {"task": SIGNATURE | {"task": "a"}, "it": [1]}, {}]

    assert judged(task="celery.map", payload=body, named=("celery.map",)) == "message: nothing may call back 'a'"
    assert judged(task="celery.map", payload=body, named=("celery.map", "a")) is None


def test_the_setting_is_a_list_of_names() -> None:
    assert Settings(queue_tasks=" celery.chord_unlock, tasks.reset_day ,").queue_tasks == (
        "celery.chord_unlock",
        "tasks.reset_day",
    )
    with pytest.raises(ValueError, match="'a b' is no name of a task"):
        Settings(queue_tasks="a b")
