"""Flower's state, in this process: it counts bars by what workers report, whatever is lost or comes twice."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flower.events as flower_events  # type: ignore[import-untyped]
import pytest
from prometheus_client import REGISTRY

from tasks.bars import process_agg
from tasks.flower.bars_state import BarsState, count_bars
from tasks.flower.events import validate_event
from tests.support.flower_events import BARS, HEARTBEAT, STARTED

WORKER = BARS["hostname"]
#: Of a worker that has counted nothing.
NONE: dict[str, int | None] = {"task-received": None, "task-succeeded": None, "task-failed": None}


@pytest.fixture(autouse=True)
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Flower makes its state of our classes."""
    for name in ("EventsState", "PrometheusMetrics"):
        monkeypatch.setattr(flower_events, name, getattr(flower_events, name))
    count_bars()
    yield
    flower_events.get_prometheus_metrics().remove_workers({WORKER})


@pytest.fixture
def state() -> BarsState:
    return flower_events.EventsState()


def receive(state: Any, *events: dict[str, Any]) -> None:
    for number, event in enumerate(events):
        state.event(validate_event(event) | {"clock": number, "local_received": event["timestamp"] + number / 10})


def report(succeeded: int, failed: int, incarnation: int = 1, in_flight: int = 7) -> dict[str, Any]:
    counts = {"succeeded": succeeded, "failed": failed, "in_flight": in_flight}
    return BARS | counts | {"incarnation": incarnation}


def counted(state: Any) -> dict[str, int | None]:
    """What the Workers page shows, as received, succeeded and failed."""
    return {name: state.counter[WORKER].get(name) for name in NONE}


def in_metrics(type_: str) -> float | None:
    return REGISTRY.get_sample_value(
        "flower_events_total", {"worker": WORKER, "type": type_, "task": process_agg.name}
    )


def test_a_workers_totals_are_its_counts(state: BarsState) -> None:
    # When a worker reports, one report is lost, and one comes twice
    receive(state, report(100, 2), report(700, 5), report(700, 5))
    # Then the counts are its last totals, on the page and in the metrics
    assert counted(state) == {"task-received": 705, "task-succeeded": 700, "task-failed": 5}
    assert (in_metrics("task-received"), in_metrics("task-succeeded"), in_metrics("task-failed")) == (705, 700, 5)
    # And a report from before changes nothing
    receive(state, report(100, 2))
    assert counted(state) == {"task-received": 705, "task-succeeded": 700, "task-failed": 5}


def test_a_worker_that_starts_anew_adds_to_the_counts_of_its_name(state: BarsState) -> None:
    # When a worker starts anew, and a report of the old one comes late
    receive(state, report(100, 2), report(10, 0, incarnation=2), report(101, 2), report(20, 1, incarnation=2))

    assert counted(state) == {"task-received": 124, "task-succeeded": 121, "task-failed": 3}


def test_sampled_bars_are_shown_and_not_counted_again(state: BarsState) -> None:
    # Given a report, and the events of a bar of the sample
    bar = STARTED | {"name": process_agg.name, "uuid": "bar"}
    failed = {"type": "task-failed", "exception": "Dead letter: close: Field required"}
    # When they come
    receive(state, report(9, 1), *(bar | each for each in ({"type": "task-received"}, {}, failed)))
    # Then the bar is on the Tasks page, with its reason
    assert (state.tasks["bar"].state, state.tasks["bar"].exception) == ("FAILURE", failed["exception"])
    assert state.search_engine.search(state.tasks, "state:FAILURE").task_ids == ["bar"]
    # And the counts are those of the report
    assert counted(state) == {"task-received": 10, "task-succeeded": 9, "task-failed": 1}
    assert in_metrics("task-failed") == 1
    # And its runtime, that of a whole batch, is in no histogram
    labels = {"worker": WORKER, "task": process_agg.name}
    assert REGISTRY.get_sample_value("flower_task_runtime_seconds_count", labels) is None


def test_tasks_that_send_events_are_counted_as_ever(state: BarsState) -> None:
    started = {name: value for name, value in STARTED.items() if name != "runtime"}
    receive(state, started | {"type": "task-received"}, started, STARTED | {"type": "task-succeeded"})

    assert counted(state) == NONE | {"task-received": 1, "task-succeeded": 1}
    labels = {"worker": WORKER, "task": STARTED["name"]}
    assert REGISTRY.get_sample_value("flower_task_runtime_seconds_count", labels) == 1


def test_bars_in_flight_are_shown_as_active(state: BarsState) -> None:
    # When a worker reports bars in flight, and its heartbeat of calls that run one by one follows
    receive(state, report(1, 0, in_flight=1500), HEARTBEAT | {"active": 0})
    # Then it has those in flight
    assert state.workers[WORKER].active == 1500
    gauge = "flower_worker_number_of_currently_executing_tasks"
    assert REGISTRY.get_sample_value(gauge, {"worker": WORKER}) == 1500
    # Until it starts anew without bars
    receive(state, HEARTBEAT | {"type": "worker-online", "active": 0}, HEARTBEAT | {"active": 2})
    assert state.workers[WORKER].active == 2


def kept(path: Path, state: Any) -> Any:
    """Flower's events, which keep their state in a file, with this state."""
    events = flower_events.Events(None, None, db=str(path), persistent=True, max_tasks_in_memory=100)
    events.state = state or events.state
    return events


def test_counts_survive_a_restart_of_flower(tmp_path: Path, state: BarsState) -> None:
    # Given a Flower that has counted bars, and is stopped
    receive(state, report(100, 2))
    kept(tmp_path / "db", state).save_state()
    # When it is started, and the worker reports what it did meanwhile
    restarted = kept(tmp_path / "db", None).state
    receive(restarted, report(150, 3))
    # Then nothing is counted twice, and nothing is missing
    assert counted(restarted) == {"task-received": 153, "task-succeeded": 150, "task-failed": 3}


def test_a_state_that_flower_saved_without_bars_counts_them_from_now_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a state of Flower's own class, saved before it counted bars
    with monkeypatch.context() as before:
        before.setattr(flower_events, "EventsState", BarsState.__base__)
        older = flower_events.EventsState()
        older.counter[WORKER]["task-received"] = 5
        kept(tmp_path / "db", older).save_state()
    # When it is loaded
    restarted = kept(tmp_path / "db", None).state
    receive(restarted, report(10, 0))
    # Then it counts bars as well
    assert counted(restarted)["task-received"] == 15
