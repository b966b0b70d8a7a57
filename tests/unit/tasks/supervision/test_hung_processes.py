"""When a process of a pool counts as hung."""

from pathlib import Path

import pytest

from tasks.supervision.hung_processes import STOPPED, TAKES, Child, HungProcesses
from tasks.supervision.watchdog import STOPS
from tests.support.fake_time import Time

SNAPSHOT = "tasks.publish_snapshot"


@pytest.mark.parametrize(
    ("child", "allowed"),
    [
        (Child(1, is_stopped=True), STOPPED),
        (Child(1, SNAPSHOT, running=1.0, is_stopped=True), STOPPED),
        (Child(1, SNAPSHOT), TAKES),
        (Child(1, SNAPSHOT, running=31.0), 0.0),
        (Child(1, "tasks.warm_reference", running=901.0), 0.0),
    ],
)
def test_what_is_wrong_for_too_long_hangs(child: Child, allowed: float) -> None:
    time = Time()
    watch = HungProcesses(time.clock)

    # Given a fault that lasts
    if allowed:
        assert watch.among([child]) == {}
        time.now += allowed - 0.5
        assert watch.among([child]) == {}
    time.now += allowed

    assert list(watch.among([child])) == [1]


@pytest.mark.parametrize(
    "child",
    [
        Child(1),
        Child(1, SNAPSHOT, running=29.0),
        Child(1, "tasks.warm_reference", running=600.0),
        # What the setting QUEUE_TASKS names may take its time.
        Child(1, "somebodys.task", running=10_000.0),
    ],
)
def test_what_is_at_work_does_not(child: Child) -> None:
    time = Time()
    watch = HungProcesses(time.clock)
    for _ in range(20):
        assert watch.among([child]) == {}
        time.now += 1


def test_a_fault_that_goes_away_is_forgotten() -> None:
    time = Time()
    watch = HungProcesses(time.clock)
    for _ in range(5):
        assert watch.among([Child(1, SNAPSHOT), Child(2)]) == {}
        time.now += TAKES - 1
        assert watch.among([Child(1, SNAPSHOT, running=0.1), Child(2, SNAPSHOT)]) == {}
        time.now += TAKES - 1


@pytest.mark.parametrize(
    "manifest", ["docker-compose.yml", *map(str, Path("deploy/kubernetes").glob("**/*.yaml"))]
)
def test_deployments_give_workers_longer_than_they_take_to_stop(manifest: str) -> None:
    for line in Path(manifest).read_text().splitlines():
        name, _, value = line.strip().partition(": ")
        if name in ("stop_grace_period", "terminationGracePeriodSeconds"):
            assert int(value.removesuffix("s")) > STOPS + 10
