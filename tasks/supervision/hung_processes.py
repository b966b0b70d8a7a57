"""Ends what hangs: processes of a worker's pool that do not answer, and a worker that does not stop.

Celery gives a process of its prefork pool a call, and waits for the answer for ever. If the process was stopped or
hangs, its place in the pool is lost, and a worker that is told to stop waits for it too. Once such a process is
gone Celery starts another one, and the call comes back.
"""

import array
import fcntl
import logging
import os
import signal
import termios
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

from celery import bootsteps
from celery.platforms import EX_FAILURE
from celery.worker import state

from tasks.intake.message_rules import QUEUES

log = logging.getLogger(__name__)

#: Seconds between two looks.
INTERVAL = 1.0
#: Seconds after which a process that has been stopped is taken to hang.
STOPPED = 2.0
#: Seconds in which a process takes a call that it has been given.
TAKES = 5.0
#: Seconds that a worker which stops leaves its pool for what it is at.
POOL_STOPS = 30.0
#: Seconds after which a worker that stops ends in any case. Containers have a minute, after which they are killed.
STOPS = 45.0


class Child(NamedTuple):
    """A process of a pool.

    Attributes:
        pid: its id.
        task: the name of the task whose call it was given; empty where it has none.
        running: seconds since it has taken the call; None where it has not.
        is_stopped: whether a signal has stopped it.
    """

    pid: int
    task: str = ""
    running: float | None = None
    is_stopped: bool = False


class PoolWatch:
    """Says which processes of a pool hang.

    Args:
        clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        # By process and what is wrong with it, since when.
        self._since: dict[tuple[int, str], float] = {}

    def hung(self, children: Iterable[Child]) -> dict[int, str]:
        """Those that hang now, and why."""
        now = self._clock()
        hung: dict[int, str] = {}
        odd: dict[tuple[int, str], float] = {}
        for child in children:
            for fault, patience in _faults(child):
                since = odd[child.pid, fault] = self._since.get((child.pid, fault), now)
                if now - since >= patience:
                    hung[child.pid] = fault
        self._since = odd
        return hung


def _faults(child: Child) -> Iterable[tuple[str, float]]:
    """What is wrong with a process, and for how many seconds it may be."""
    if child.is_stopped:
        yield "it has been stopped", STOPPED
    if child.task and child.running is None:
        yield f"it takes no call of {child.task}", TAKES
    most = _LONGEST.get(child.task)
    if most is not None and child.running is not None and child.running > most:
        yield f"it is at a call of {child.task} for more than {most:.0f} s", 0.0


_LONGEST = {task: accepted.runs_at_most for accepted in QUEUES.values() for task in accepted.tasks}


class Watchdog:
    """Ends what hangs, from a thread of its own: the event loop may be what waits.

    Args:
        worker: Celery's.
    """

    def __init__(self, worker: Any) -> None:
        self._worker = worker
        self._watch = PoolWatch()
        self._stops_since: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pool-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(INTERVAL):
            try:
                self.look()
            except Exception:
                # It reads what Celery's event loop is at.
                log.exception("a look at the pool failed")

    def look(self) -> None:
        """End what hangs."""
        pool = getattr(self._worker.pool, "_pool", None)
        children = _children(pool) if hasattr(pool, "_fileno_to_outq") else []
        for pid, fault in self._watch.hung(children).items():
            _end(pid, fault)
        if not self._is_stopping():
            return
        if self._stops_since is None:
            self._stops_since = monotonic()
        for_so_long = monotonic() - self._stops_since
        if for_so_long > POOL_STOPS:
            for child in children:
                _end(child.pid, f"the worker has been stopping for {for_so_long:.0f} s")
        if for_so_long > STOPS:
            log.critical("the worker does not stop within %.0f s and ends: what it has comes back later", STOPS)
            os._exit(EX_FAILURE)

    def _is_stopping(self) -> bool:
        # Celery keeps exit codes here, and 0 says stop as well.
        flags: tuple[Any, ...] = (state.should_stop, state.should_terminate)
        told = any(flag is not None and flag is not False for flag in flags)
        runs: int = bootsteps.RUN  # type: ignore[attr-defined]
        return told or self._worker.blueprint.state != runs


def _children(pool: Any) -> list[Child]:
    """The processes of Celery's prefork pool, each with the call that it has."""
    processes = {process.pid: process for process in list(pool._pool)}
    given: dict[int, tuple[str, float | None]] = {}
    for job in list(pool._cache.values()):
        task = getattr(getattr(job._accept_callback, "__self__", None), "type", "")
        if job._accepted:
            given[job._worker_pid] = (task, monotonic() - job._time_accepted)
        # What it has answered and the event loop has not read yet is an answer.
        elif job._write_to is not None and job._write_to.pid in processes and not _unread(job._write_to.outqR_fd):
            given.setdefault(job._write_to.pid, (task, None))
    return [Child(pid, *given.get(pid, ("", None)), is_stopped=_is_stopped(pid)) for pid in processes]


def _unread(descriptor: int) -> int:
    """Bytes that wait in a pipe."""
    waiting = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, waiting)
    return waiting[0]


def _is_stopped(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        # It has ended, or there is no such file on this system.
        return False
    # Its name is in parentheses, and may hold some.
    return status.rpartition(")")[2].split()[0] in ("T", "t")


def _end(pid: int, fault: str) -> None:
    log.error("a process of the pool hangs and is replaced: %s", fault, extra={"child": pid})
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
