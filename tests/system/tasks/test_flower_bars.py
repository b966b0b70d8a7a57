"""Flower beside workers of bars: how many bars each processed, and why one failed."""

import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from leaderboard.system import System
from tasks.bars import process_agg
from tests.support.market import bar
from tests.support.processes import Processes
from tests.support.waiting import eventually

STOCK = {"FAST_LANE": "0"}
LANES = pytest.mark.parametrize(
    ("options", "environment"),
    [([], {}), (["--concurrency=2"], STOCK), (["--pool=solo"], STOCK)],
    ids=["fast lane", "stock lane", "stock lane, solo"],
)


def counts(pages: httpx.Client) -> dict[str, tuple[int, int, int, int]]:
    """What the Workers page shows of each worker: processed, succeeded, failed, active."""
    columns = ("task-received", "task-succeeded", "task-failed", "active")
    rows = pages.get("/workers", params={"json": "1"}).json()["data"]
    return {row["hostname"].split("@")[0]: tuple(row.get(column, 0) for column in columns) for row in rows}


def in_metrics(pages: httpx.Client, type_: str) -> float:
    """What Flower's metrics count of all workers' bars."""
    lines = pages.get("/metrics").text.splitlines()
    beginning = f'flower_events_total{{task="{process_agg.name}",type="{type_}"'
    return sum(float(line.split()[-1]) for line in lines if line.startswith(beginning))


def shown(pages: httpx.Client, state: str) -> dict[str, dict[str, Any]]:
    """Bars on the Tasks page in that state, by id."""
    query = {"search[value]": f"state:{state} name:{process_agg.name}", "order[0][column]": "0"}
    table = pages.get("/tasks/datatable", params={"draw": "1", "start": "0", "length": "100"} | query).json()
    return {task["uuid"]: task for task in table["data"]}


@LANES
def test_flower_counts_all_bars_and_shows_why_some_failed(
    flower: Callable[..., httpx.Client],
    processes: Processes,
    system: System,
    options: list[str],
    environment: Mapping[str, str],
) -> None:
    # Given a Flower and a worker
    pages = flower()
    processes.worker("worker", *options, **environment)
    # When bars are sent, two that are invalid, and one whose message is
    process_agg.delay_many(bar(f"S{n % 7}", f"09:{30 + n // 60}:{n % 60:02}") for n in range(300))
    unpriced = process_agg.delay({"sym": "<b>", "x": "y" * 5000}).id
    surplus = process_agg.apply_async(([bar("A", "09:30:00")],), {}, countdown=0.1).id
    limited = process_agg.apply_async((bar("A", "09:30:00"),), time_limit=5).id
    # Then the worker's counts are those
    eventually(lambda: counts(pages).get("worker") == (303, 300, 3, 0), seconds=30, what="the counts")
    assert [in_metrics(pages, f"task-{what}") for what in ("received", "succeeded", "failed")] == [303, 300, 3]
    # And each that failed is shown with its reason, and its arguments cut short
    failed = shown(pages, "FAILURE")
    assert failed.keys() == {unpriced, surplus, limited}
    letters = {letter.task: letter for letter in system.dead_letters}
    for task_id, task in failed.items():
        assert task["exception"] == f"Dead letter: {letters[task_id].reason}"
        assert len(task["args"]) < 700
        assert task["runtime"] is not None
    assert failed[unpriced]["exception"].startswith("Dead letter: symbol: ")
    assert "tasks dead list" in pages.get(f"/task/{unpriced}").text
    # And some of the others
    succeeded = shown(pages, "SUCCESS")
    assert 1 <= len(succeeded) <= 10
    assert all(task["args"].startswith("[{") and task["runtime"] > 0 for task in succeeded.values())


def test_counts_survive_a_restart_of_flower_and_of_the_worker(
    flower: Callable[..., httpx.Client], processes: Processes, broker: Redis, tmp_path: Path
) -> None:
    # Given a Flower that keeps its state, and has counted bars
    options = ["--persistent=True", f"--db={tmp_path}/flower"]
    pages = flower(*options)
    processes.worker("worker")
    process_agg.delay_many(bar(f"S{n}", "09:30:00") for n in range(100))
    eventually(lambda: counts(pages).get("worker") == (100, 100, 0, 0), seconds=20)
    # When it is stopped, the worker goes on, and it is started again
    processes.signal("flower", signal.SIGTERM)
    processes.await_end("flower")
    process_agg.delay_many([bar("A", "09:31:00"), {"sym": "B"}])
    pages = flower(*options)
    # Then it has counted all
    eventually(lambda: counts(pages).get("worker") == (102, 101, 1, 0), seconds=20)
    # When the worker is stopped right after a bar, and another one of its name starts
    process_agg.delay(bar("A", "09:32:00"))
    eventually(lambda: not broker.llen("aggs"))
    processes.signal("worker", signal.SIGTERM)
    processes.await_end("worker")
    processes.worker("worker")
    process_agg.delay(bar("A", "09:33:00"))
    # Then it adds to the counts
    eventually(lambda: counts(pages).get("worker") == (104, 103, 1, 0), seconds=20)
