"""Worker processes on this machine: as many as are needed, each under a name of its own."""

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from config.celery import AGGS

log = logging.getLogger(__name__)

# Seconds: a worker that ends sooner has failed to start, and the next start waits, twice as long each time.
_FAILED_START = 10.0
_FIRST_BACKOFF, _LONGEST_BACKOFF = 1.0, 60.0
# Of prctl(2).
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def worker_command(name: str) -> list[str]:
    """The command line of a worker of bars; `name` comes before the host's in inspect and Flower."""
    return [sys.executable, "-m", "celery", "-A", "tasks", "worker", "-Q", AGGS, "-n", f"{name}@%h"]


@dataclass
class _Worker:
    number: int
    process: subprocess.Popen[bytes]
    started: float = field(default_factory=time.monotonic)
    is_stopping: bool = False

    @property
    def name(self) -> str:
        return _name(self.number)

    @property
    def lived(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self.started


class Fleet:
    """Starts workers, stops them by Celery's warm shutdown, and replaces those that end by themselves.

    They write to the standard error of this process, and end when it ends, even if it is killed.

    Args:
        command: returns a worker's command line for its name.
    """

    def __init__(self, command: Callable[[str], list[str]] = worker_command) -> None:
        self._command = command
        self._size = 0
        self._workers: list[_Worker] = []
        self._backoff = _FIRST_BACKOFF
        self._not_before = 0.0

    @property
    def size(self) -> int:
        """How many workers there should be."""
        return self._size

    @property
    def names(self) -> list[str]:
        """Of the workers that run or are starting, the oldest first."""
        return [each.name for each in self._running()]

    @property
    def stopping(self) -> int:
        """How many have got SIGTERM and have not ended yet."""
        return len(self._workers) - len(self._running())

    def resize(self, workers: int) -> None:
        """Start workers, or have the youngest stop after their batch, so that there are this many."""
        self._size = workers
        for each in self._running()[workers:]:
            each.is_stopping = True
            each.process.terminate()
        self.reconcile()

    def reconcile(self) -> None:
        """Note which workers have ended, and start those that are missing."""
        for each in self._workers:
            if each.process.poll() is not None:
                self._note_end(each)
        self._workers = [each for each in self._workers if each.process.returncode is None]
        if any(each.started >= self._not_before and each.lived >= _FAILED_START for each in self._running()):
            # Starts succeed again.
            self._backoff = _FIRST_BACKOFF
        while len(self._running()) < self._size and time.monotonic() >= self._not_before:
            self._start()

    def kill(self) -> None:
        """Kill all; their messages in flight are redelivered after the visibility timeout."""
        for each in self._workers:
            each.is_stopping = True
            if each.process.poll() is None:
                # The group, so that the processes of a pool end too.
                os.killpg(each.process.pid, signal.SIGKILL)

    def _running(self) -> list[_Worker]:
        return [each for each in self._workers if not each.is_stopping]

    def _start(self) -> None:
        taken = {each.number for each in self._workers}
        number = next(n for n in count(1) if n not in taken)
        name = _name(number)
        try:
            process = subprocess.Popen(
                self._command(name),
                stdin=subprocess.DEVNULL,
                # A group of its own: a terminal's signals are for this process, which stops its workers itself.
                process_group=0,
                # Safe, as no thread of this process holds a lock that the child would wait for.
                preexec_fn=_end_with_parent,
            )
        except OSError as error:
            # The machine is short of memory or processes. Raising would end the workers that run.
            delay = self._back_off()
            log.error("%s could not start, next try in %.0f s: %s", name, delay, error, extra={"worker": name})
            return
        self._workers.append(_Worker(number, process))

    def _note_end(self, worker: _Worker) -> None:
        code = worker.process.returncode
        lived = worker.lived
        if worker.is_stopping:
            log.info("%s has stopped, exit code %d", worker.name, code, extra={"worker": worker.name})
            return
        when = f" in {self._back_off():.0f} s" if lived < _FAILED_START else ""
        log.error(
            "%s ended by itself after %.0f s, exit code %d, and is replaced%s",
            worker.name,
            lived,
            code,
            when,
            extra={"worker": worker.name},
        )

    def _back_off(self) -> float:
        """Delay the next start by the seconds returned."""
        self._backoff = min(2 * self._backoff, _LONGEST_BACKOFF)
        self._not_before = time.monotonic() + self._backoff
        return self._backoff


def _name(number: int) -> str:
    return f"{AGGS}-{number}"


def _end_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
