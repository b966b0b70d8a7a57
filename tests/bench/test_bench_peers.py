"""The comparison with other task queues, with those that need no environment of their own."""

import json
from pathlib import Path

from bench.peers.environments import REQUIREMENTS
from bench.peers.killing import PER_KILL
from bench.peers.peer import PEERS
from tests.support.processes import Processes


def test_libraries_are_compared_and_the_fast_lane_loses_nothing(tmp_path: Path) -> None:
    # When two of them run a few tasks, and their workers are killed
    figures = tmp_path / "peers.json"
    libraries = ("fast lane", "stock Celery")
    chosen = [text for name in libraries for text in ("--only", name)]
    scale = ("--rounds", "1", "--tasks", "100", "--kills", "1")
    run = Processes(tmp_path).run("bench.peers", *chosen, *scale, "--json", str(figures))

    # Then it ends well, and each way of sending has its figures
    assert run.returncode == 0, run.stderr
    report = json.loads(figures.read_text())
    measured = {(each["task"], each["library"], each["way"]) for each in report["rounds"]}
    ways = {(peer.name, way) for peer in PEERS if peer.name in libraries for way in peer.ways}
    assert measured == {(task, *each) for task in ("noop", "bar") for each in ways}

    # And the fast lane ran each of its tasks
    (ours,) = (each for each in report["lost"] if each["library"] == "fast lane")
    assert ours["tasks"] == PER_KILL
    assert ours["lost"] == 0


def test_each_environment_has_a_lock_with_the_libraries_of_it() -> None:
    for peer in PEERS:
        if peer.environment:
            locked = peer.environment.lock.read_text()
            assert all(f"\n{package}==" in f"\n{locked}" for package in peer.packages), peer.name
    assert {lock.stem for lock in REQUIREMENTS.glob("*.lock")} == {
        peer.environment.name for peer in PEERS if peer.environment
    }
