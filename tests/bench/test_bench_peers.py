"""The comparison with other task queues.

Those of environments of their own are tried where ``make bench-peers`` has installed them.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from rich.console import Console
from rich.table import Table

from bench.peers.environments import REQUIREMENTS
from bench.peers.killing import PER_KILL, Lost
from bench.peers.lane import Lane
from bench.peers.peer import PEERS, Peer
from bench.peers.tables import figures, losses, speeds
from bench.peers.throughput import Measured, Round
from deploy.redis_server import RedisServer
from tests.support.processes import Processes
from tests.support.waiting import eventually

OURS, STOCK = PEERS[:2]


@pytest.fixture
def measured() -> Measured:
    """Two rounds of our lane, three of another library, and a bar of each."""
    measured = Measured()
    for cpu in (10, 30):
        measured.add("noop", OURS.name, "delay", Round(1_000, 2_000, cpu, 20, 5))
    for cpu in (100, 4_000, 120):
        measured.add("noop", STOCK.name, "delay", Round(100, 200, cpu, 60, 20))
    measured.add("bar", OURS.name, "delay", Round(1_000, 2_000, 10, 110, 50))
    measured.memory = {OURS.name: 225_000_000, STOCK.name: 169_400_000}
    return measured


def shown(table: Table) -> list[list[str]]:
    """The words of each line of a printed table."""
    console = Console(width=140)
    with console.capture() as captured:
        console.print(table)
    return [line.replace("│", " ").split() for line in captured.get().splitlines()]


def test_libraries_are_compared(tmp_path: Path) -> None:
    # When two of them run a few tasks
    chosen = ("--only", OURS.name, "--only", STOCK.name)
    report = run_of(tmp_path, *chosen, "--tasks", "50", "--kills", "0")

    # Then each way of sending has its figures, for a task that does nothing and for the full work of a bar
    measured = {(each["task"], each["library"], each["way"]): each["rounds"] for each in report["rounds"]}
    ways = {(peer.name, way) for peer in (OURS, STOCK) for way in peer.ways}
    assert measured.keys() == {(task, *each) for task in ("noop", "bar") for each in ways}
    assert all(figure > 0 for (round_,) in measured.values() for figure in round_.values())
    assert report["memory"].keys() == {OURS.name, STOCK.name}


def test_our_lane_loses_nothing_when_its_workers_are_killed(tmp_path: Path) -> None:
    # When its workers are killed while they run tasks
    report = run_of(tmp_path, "--only", OURS.name, "--tasks", "10", "--kills", "1")

    # Then each task has run
    (ours,) = report["lost"]
    assert (ours["library"], ours["tasks"], ours["lost"]) == (OURS.name, PER_KILL, 0)


def run_of(folder: Path, *options: str) -> dict[str, Any]:
    """The figures of one short round."""
    file = folder / "peers.json"
    run = Processes(folder).run("bench.peers", "--rounds", "1", "--json", str(file), *options)
    assert run.returncode == 0, run.stderr
    report: dict[str, Any] = json.loads(file.read_text())
    return report


def needs_environment(peer: Peer) -> object:
    missing = peer.environment and not peer.environment.is_installed
    return pytest.param(
        peer, id=peer.name, marks=pytest.mark.skipif(bool(missing), reason="make bench-peers installs it")
    )


@pytest.mark.parametrize("peer", [*map(needs_environment, PEERS)])
def test_each_library_runs_what_it_is_sent(
    peer: Peer, redis: Redis, redis_server: RedisServer, tmp_path: Path
) -> None:
    # Given its workers, and a database of its own for its queue
    with Lane(peer, redis_server, 2, tmp_path, safe=True) as lane:
        lane.await_up()

        # When each of its ways sends a few tasks
        for n, way in enumerate(peer.ways):
            lane.send(way, "mark", 10 * n, 10)

        # Then all of them run, and none is left
        eventually(lambda: lane.done() == 10 * len(peer.ways))
        lane.await_drained()

        # And workers have used the processor, and memory
        assert lane.cpu() > 0
        assert lane.memory() > 10_000_000


def test_a_library_that_cannot_run_says_why(redis: Redis, redis_server: RedisServer, tmp_path: Path) -> None:
    # Given workers that end at once, for there is no such app
    broken = Peer("broken", (), "bench.peers.apps.no_app", ("send",), [["bench.peers.apps.no_app"]], lambda _: 0)

    # When it is started
    # Then the error has its log
    with Lane(broken, redis_server, 2, tmp_path, safe=False) as lane, pytest.raises(RuntimeError, match="no_app"):
        lane.await_up()


def test_speeds_are_medians_beside_the_first(measured: Measured) -> None:
    # When the table of tasks that do nothing is made, and one library is not there
    lines = shown(speeds("noop", measured, {"arq": "needs Python 3.99, which is not here"}))

    # Then it has the medians, their sum, and how many times the first's that is
    assert ["fast", "lane,", "delay", "1,000", "2,000", "20", "20", "5", "45", "1.0"] in lines
    assert ["stock", "Celery,", "delay", "100", "200", "120", "60", "20", "200", "4.4"] in lines

    # And it says why the other is missing
    assert any(line[:4] == ["arq:", "needs", "Python", "3.99,"] for line in lines)


def test_losses_are_told_by_setting(measured: Measured) -> None:
    # When one library lost a task by default, and none in its safest setting
    lost = [Lost(STOCK, False, 3_000, 1, 18.2), Lost(STOCK, True, 3_000, 0, 11.2)]
    lines = shown(losses(lost, measured, 3))

    # Then each setting has its line
    assert ["stock", "Celery", "default", "3,000", "1", "18", "169"] in lines
    safest = str(STOCK.safest).split()
    assert ["stock", "Celery", *safest, "3,000", "0", "11", "169"] in lines

    # And the file tells the same
    told = figures({}, measured, lost)["lost"]
    assert [(each["setting"], each["lost"]) for each in told] == [("default", 1), (STOCK.safest, 0)]


def test_each_environment_has_a_lock_with_the_libraries_of_it() -> None:
    for peer in PEERS:
        if peer.environment:
            locked = peer.environment.lock.read_text()
            assert all(f"\n{package}==" in f"\n{locked}" for package in peer.packages), peer.name
    assert {lock.stem for lock in REQUIREMENTS.glob("*.lock")} == {
        peer.environment.name for peer in PEERS if peer.environment
    }
