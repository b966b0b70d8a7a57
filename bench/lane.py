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

#: Seconds within which workers must be up, and within which a queue must move.
PATIENCE = 30.0


@dataclass(frozen=True)
class Kind:
    """Which workers there are and how bars are sent to them.

    Attributes:
        name: as figures call it.
        fast: whether it is the fast lane, for producers and workers.
        workers: how many.
        processes: that run tasks, in all.
        options: of each worker's command line.
        durable: whether Redis keeps its append-only file meanwhile.
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
        self._inspect: Any = Celery(broker=self.url).control.inspect(timeout=PATIENCE, limit=kind.workers)
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
        deadline = time.monotonic() + PATIENCE
        while not all(" ready." in log.read_text() for log in self._logs):
            self._check_workers()
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.kind.name}: not up within {PATIENCE:.0f} s")
            time.sleep(0.05)

    def _check_workers(self) -> None:
        for worker, log in zip(self._workers, self._logs, strict=True):
            if worker.poll() is not None:
                raise RuntimeError(f"{self.kind.name}: a worker ended: {log.read_text()[-2000:]}")

    def await_drained(self) -> float:
        """Wait until no bar waits and none is in a worker's hands.

        Returns:
            When that was, in seconds of the monotonic clock.

        Raises:
            LostBarsError: it does not come to that.
        """
        last, moved = (0, 0), time.monotonic()
        while True:
            left, now = self._left(), time.monotonic()
            # Looked at twice: stock notes that it holds a message only a moment after taking it off the queue.
            if left == (0, 0):
                time.sleep(0.05)
                if self._left() == (0, 0):
                    return now
            if left != last:
                last, moved = left, now
            elif now - moved > PATIENCE:
                raise LostBarsError(f"{self.kind.name}: {left[0]} bars stay queued and {left[1]} unacknowledged")
            self._check_workers()
            time.sleep(0.02)

    def _left(self) -> tuple[int, int]:
        """Bars queued, and bars held by workers."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.llen(AGGS)
            pipe.hlen("unacked")
            queued, held = pipe.execute()
        return int(queued), int(held)

    def taken(self) -> Mapping[str, int]:
        """Bars that each worker has run since it started, as it says itself."""
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
                # It has nothing left to do.
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()


def _cpu(pid: int) -> float:
    process = psutil.Process(pid)
    return sum(sum(each.cpu_times()[:2]) for each in (process, *process.children(recursive=True)))
