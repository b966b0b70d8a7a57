"""The lanes that are compared: workers of each, and a broker's database of their own, on one Redis."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
from celery import Celery
from redis import Redis

from bench.child import ROOT
from bench.errors import LostBarsError
from bench.producer import Way
from config.celery import AGGS
from deploy.redis_server import RedisServer

#: Seconds for workers to start, and within which the depth of a queue must change.
TIMEOUT = 30.0


@dataclass(frozen=True)
class Kind:
    """A kind of lane: its workers, and how bars are sent to them.

    Attributes:
        name: in the figures.
        fast: whether producers and workers use the fast lane.
        workers: the number of workers.
        processes: the number of processes that run tasks, in all workers.
        options: of each worker's command line.
        durable: whether Redis has an append-only file.
    """

    name: str
    fast: bool
    workers: int
    processes: int
    options: tuple[str, ...]
    durable: bool = True

    @property
    def overtakes(self) -> bool:
        """Whether a bar may be applied before an older one."""
        return self.processes > 1

    @property
    def way(self) -> Way:
        return "delay_many" if self.fast else "delay"


STOCK = Kind("stock, one solo worker", False, 1, 1, ("--pool", "solo"))
STOCK_OF_TWO = Kind("stock, prefork of two", False, 1, 2, ("--concurrency", "2"))
FAST = Kind("fast, one worker", True, 1, 1, ("--pool", "solo"))
FAST_VOLATILE = Kind("fast, one worker, no append-only file", True, 1, 1, ("--pool", "solo"), durable=False)
FAST_TWO = Kind("fast, two workers", True, 2, 2, ("--pool", "solo"))


class Lane:
    """Workers of one kind, up and waiting. Lanes that have nothing to do leave the machine to the others.

    Args:
        kind: of workers.
        server: the Redis.
        database: the broker's, which is this lane's alone.
        folder: for the workers' logs.

    Raises:
        RuntimeError: a worker does not come up.
    """

    def __init__(self, kind: Kind, server: RedisServer, database: int, folder: Path) -> None:
        self.kind = kind
        self.database = database
        self.url = server.url(database)
        self._redis = Redis.from_url(self.url)
        self._inspect: Any = Celery(broker=self.url).control.inspect(timeout=TIMEOUT, limit=kind.workers)
        self._logs = [folder / f"{database}-{n}.log" for n in range(kind.workers)]
        self._workers = [self._start(n, log) for n, log in enumerate(self._logs)]

    def _start(self, number: int, log: Path) -> subprocess.Popen[bytes]:
        # Without the words that workers have for each other: what goes over pub/sub is quotes, which are counted.
        command = [sys.executable, "-m", "celery", "-A", "tasks", "worker", "-Q", AGGS, "-n", f"{number}@bench"]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat", *self.kind.options]
        environment = os.environ | {"FAST_LANE": str(int(self.kind.fast)), "CELERY_BROKER_URL": self.url}
        with log.open("wb") as out:
            return subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )

    def await_workers(self) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not all(" ready." in log.read_text() for log in self._logs):
            self._check_workers()
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.kind.name}: not up within {TIMEOUT:.0f} s")
            time.sleep(0.05)

    def _check_workers(self) -> None:
        for worker, log in zip(self._workers, self._logs, strict=True):
            if worker.poll() is not None:
                raise RuntimeError(f"{self.kind.name}: a worker ended: {log.read_text()[-2000:]}")

    def await_drained(self) -> float:
        """Wait until no bar is queued or in flight.

        Returns:
            The time of that, in seconds of the monotonic clock.

        Raises:
            LostBarsError: bars stay queued or in flight.
        """
        last, changed_at = (0, 0), time.monotonic()
        while True:
            left, now = self._left(), time.monotonic()
            # Checked twice: stock Celery records a message as in flight a moment after it took it off the queue.
            if left == (0, 0):
                time.sleep(0.05)
                if self._left() == (0, 0):
                    return now
            if left != last:
                last, changed_at = left, now
            elif now - changed_at > TIMEOUT:
                raise LostBarsError(f"{self.kind.name}: {left[0]} bars stay queued and {left[1]} unacknowledged")
            self._check_workers()
            time.sleep(0.02)

    def _left(self) -> tuple[int, int]:
        """Bars queued, and bars in flight."""
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.llen(AGGS)
            pipeline.hlen("unacked")
            queued, unacked = pipeline.execute()
        return int(queued), int(unacked)

    def taken(self) -> Mapping[str, int]:
        """Bars that each worker has run since it started, from its own count."""
        stats = self._inspect.stats() or {}
        if len(stats) != self.kind.workers:
            raise RuntimeError(f"{self.kind.name}: {len(stats)} workers answer")
        return {name: stats[name]["total"].get("tasks.process_agg", 0) for name in sorted(stats)}

    def cpu(self) -> float:
        """Seconds of CPU that the workers have used, with their child processes."""
        return sum(_cpu(worker.pid) for worker in self._workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            try:
                worker.wait(5)
            except subprocess.TimeoutExpired:
                # Safe to kill: it has nothing left to do.
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()


def _cpu(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(sum(each.cpu_times()[:2]) for each in (process, *process.children(recursive=True)))
