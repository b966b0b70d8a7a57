"""A recorder beside a benchmark, and what it takes."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import psutil
from redis import Redis

from bench import machine
from bench.child import ROOT
from leaderboard import keys

#: Seconds until what should happen soon counts as failed.
_TIMEOUT = 120.0


class Recorder:
    """``python -m history record``.

    Args:
        process: its process.
        redis: the Redis of the boards.
    """

    def __init__(self, process: psutil.Popen, redis: Redis) -> None:
        self._process = process
        self._redis = redis

    def cpu(self) -> float:
        """Seconds of CPU that it has taken."""
        used = self._process.cpu_times()
        return float(used.user + used.system)

    def peak(self) -> int:
        """The most memory that it has had, bytes."""
        return machine.peak(self._process.pid)

    def behind(self) -> int:
        """Bars on the tape, of which some may be stored already."""
        first = cast(list[tuple[bytes, object]], self._redis.xrange(keys.TAPE, count=1))
        last = cast(bytes | None, self._redis.get(keys.TAPE_POSITION))
        return int(last or 0) - int(first[0][0].partition(b"-")[0]) if first else 0

    def await_all(self) -> None:
        """Wait until all that is on the tape is stored."""
        _await(lambda: self._redis.xlen(keys.TAPE) <= 1, "the recorder to store the tape", self._process)

    def await_ready(self) -> None:
        """Wait until it records."""
        _await(lambda: self._redis.exists(keys.RECORDING), "the recorder", self._process)


@contextmanager
def recording(url: str, folder: Path) -> Iterator[Recorder]:
    """A recorder that records into a folder, until the end of the block."""
    environment = os.environ | {"REDIS_URL": url, "MARKET_CLOCK": "events", "HISTORY_DIR": str(folder)}
    command = [sys.executable, "-m", "history", "record"]
    process = psutil.Popen(command, cwd=ROOT, env=environment | {"LOG_LEVEL": "WARNING"})
    recorder = Recorder(process, Redis.from_url(url))
    try:
        recorder.await_ready()
        yield recorder
    finally:
        process.terminate()
        process.wait(_TIMEOUT)


def _await(done: Callable[[], object], what: str, process: psutil.Popen) -> None:
    deadline = time.monotonic() + _TIMEOUT
    while not done():
        if process.poll() is not None:
            raise RuntimeError(f"the recorder ended with exit code {process.returncode}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"{_TIMEOUT:.0f} s were not enough for {what}")
        time.sleep(0.05)
