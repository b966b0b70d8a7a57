"""Worker processes on this machine: as many as are wanted, each under a name of its own."""

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

# Seconds: a worker that ends sooner has not come to work, and the next one's start waits, each time twice as long.
_SHORT = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
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
    told: bool = False

    @property
    def name(self) -> str:
        return _name(self.number)

    @property
    def lived(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self.started


class Fleet:
    """Starts workers, stops them as Celery wants to be stopped, and replaces those that end by themselves.

    They write to the standard error of this process, and end with it however it ends.

    Args:
        command: of a worker by its name.
    """

    def __init__(self, command: Callable[[str], list[str]] = worker_command) -> None:
        self._command = command
        self._wanted = 0
        self._workers: list[_Worker] = []
        self._pause = _FIRST_PAUSE
        self._not_before = 0.0

    @property
    def wanted(self) -> int:
        """How many there should be."""
        return self._wanted

    @property
    def names(self) -> list[str]:
        """Of those that are at work or about to be, the oldest first."""
        return [each.name for each in self._working()]

    @property
    def stopping(self) -> int:
        """How many were told to stop and have not ended yet."""
        return len(self._workers) - len(self._working())

    def resize(self, workers: int) -> None:
        """Have so many: more are started, or the youngest told to stop, after the batch they are at."""
        self._wanted = workers
        for each in self._working()[workers:]:
            each.told = True
            each.process.terminate()
        self.tend()

    def tend(self) -> None:
        """See to those that have ended, and start those that lack."""
        for each in self._workers:
            if each.process.poll() is not None:
                self._note_end(each)
        self._workers = [each for each in self._workers if each.process.returncode is None]
        if any(each.started >= self._not_before and each.lived >= _SHORT for each in self._working()):
            # Starts come to something again.
            self._pause = _FIRST_PAUSE
        while len(self._working()) < self._wanted and time.monotonic() >= self._not_before:
            self._start()

    def kill(self) -> None:
        """End all at once; what they held is delivered again after the visibility timeout."""
        for each in self._workers:
            each.told = True
            if each.process.poll() is None:
                # The processes of a pool as well.
                os.killpg(each.process.pid, signal.SIGKILL)

    def _working(self) -> list[_Worker]:
        return [each for each in self._workers if not each.told]

    def _start(self) -> None:
        taken = {each.number for each in self._workers}
        number = next(n for n in count(1) if n not in taken)
        name = _name(number)
        try:
            process = subprocess.Popen(
                self._command(name),
                stdin=subprocess.DEVNULL,
                # A group of its own: what a terminal sends is for this process, which tells its workers itself.
                process_group=0,
                # No thread of this process could hold a lock that its copy would wait for.
                preexec_fn=_end_with_parent,
            )
        except OSError as error:
            # The machine is short of memory or of processes. The workers at work would end with this process.
            pause = self._put_off()
            log.error("%s could not start, next try in %.0f s: %s", name, pause, error, extra={"worker": name})
            return
        self._workers.append(_Worker(number, process))

    def _note_end(self, worker: _Worker) -> None:
        code = worker.process.returncode
        lived = worker.lived
        if worker.told:
            log.info("%s has stopped, exit code %d", worker.name, code, extra={"worker": worker.name})
            return
        when = f" in {self._put_off():.0f} s" if lived < _SHORT else ""
        log.error(
            "%s ended by itself after %.0f s, exit code %d, and is replaced%s",
            worker.name,
            lived,
            code,
            when,
            extra={"worker": worker.name},
        )

    def _put_off(self) -> float:
        """Have the next start wait, for the seconds returned."""
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        self._not_before = time.monotonic() + self._pause
        return self._pause


def _name(number: int) -> str:
    return f"{AGGS}-{number}"


def _end_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
