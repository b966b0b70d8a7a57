"""Depths of queues and what is in them, judged."""

import pytest

from tasks.doctor.checks import queue_state
from tasks.doctor.finding import Severity
from tests.support.findings import said

EMPTY = {"aggs": 0, "clock": 0, "reference": 0}


@pytest.mark.parametrize(
    ("waiting", "severity"),
    [
        ({}, Severity.OK),
        ({"aggs": 5_000, "clock": 10, "reference": 100}, Severity.OK),
        ({"aggs": 5_001}, Severity.WARNING),
        ({"aggs": 20_001}, Severity.WRONG),
        ({"clock": 11}, Severity.WARNING),
        ({"clock": 61}, Severity.WRONG),
        ({"reference": 101}, Severity.WARNING),
    ],
)
def test_depths(waiting: dict[str, int], severity: Severity) -> None:
    (finding,) = queue_state.judge_depths(EMPTY | waiting, bound=20_000)
    assert finding.severity is severity


def test_a_low_bound_counts_where_feeds_wait() -> None:
    (finding,) = queue_state.judge_depths(EMPTY | {"aggs": 101}, bound=100)
    assert finding.severity is Severity.WRONG


def test_what_is_in_flight_for_too_long() -> None:
    assert queue_state.judge_in_flight(0, None, 60).severity is Severity.OK
    assert queue_state.judge_in_flight(500, 90.0, 60).severity is Severity.OK
    old = queue_state.judge_in_flight(500, 91.0, 60)
    assert (old.severity, "the oldest for 91 s" in old.says) == (Severity.WARNING, True)


def test_messages_of_tasks_that_nobody_runs() -> None:
    allowed = {"aggs": frozenset({"tasks.process_agg"})}
    assert not list(queue_state.judge_tasks({"aggs": frozenset({"tasks.process_agg"})}, allowed))
    (finding,) = queue_state.judge_tasks({"aggs": frozenset({"tasks.process_agg", "task.proces_agg"})}, allowed)
    assert said([finding], Severity.WARNING) == ["messages in aggs that it does not run: task.proces_agg"]


def test_lists_that_nobody_takes_from() -> None:
    lists = {"aggs": 5, "agg": 3, "x.reply.celery.pidbox": 1, "celeryev.x": 2, "empty": 0}
    (finding,) = queue_state.judge_lists(lists, ["aggs"])
    assert "no queue of this system: agg (3)" in finding.says
    assert not list(queue_state.judge_lists({"aggs": 5}, ["aggs"]))
