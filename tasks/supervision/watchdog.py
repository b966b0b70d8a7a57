"""Kills pool processes that hang, and ends a worker that does not stop.

Celery gives a process of its prefork pool a call and waits for its answer without limit. If that process was
stopped or hangs, its slot in the pool is lost, and a worker that gets SIGTERM waits for it too. Once the
process is killed Celery starts another one, and the call is redelivered.
"""

import array
import fcntl
import logging
import os
import signal
import termios
import threading
from pathlib import Path
from time import monotonic
from typing import Any

from celery import bootsteps
from celery.platforms import EX_FAILURE

from tasks.fastlane.consuming.stopping import is_stopping
from tasks.supervision.hung_processes import Child, HungProcesses

log = logging.getLogger(__name__)

#: Seconds between two checks.
INTERVAL = 1.0
#: Seconds that a stopping worker leaves its pool to finish.
POOL_STOPS = 30.0
#: Seconds after which a stopping worker ends in any case. Containers are killed after a minute.
STOPS = 45.0


class Watchdog:
    """Checks a worker and its pool, from a thread of its own: the event loop may be what hangs.

    Args:
        worker: Celery's worker.
    """

    def __init__(self, worker: Any) -> None:
        self._worker = worker
        self._hung = HungProcesses()
        self._stopping_since: float | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pool-watch", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(INTERVAL):
            try:
                self.check()
            except Exception:
                # It reads structures that Celery's event loop is changing.
                log.exception("the pool cannot be checked")

    def check(self) -> None:
        """Kill what hangs."""
        pool = getattr(self._worker.pool, "_pool", None)
        children = _children(pool) if hasattr(pool, "_fileno_to_outq") else []
        for pid, reason in self._hung.among(children).items():
            _kill(pid, reason)
        if not self._is_stopping():
            return
        if self._stopping_since is None:
            self._stopping_since = monotonic()
        stopping_for = monotonic() - self._stopping_since
        if stopping_for > POOL_STOPS:
            for child in children:
                _kill(child.pid, f"the worker has been stopping for {stopping_for:.0f} s")
        if stopping_for > STOPS:
            log.critical(
                "the worker does not stop within %.0f s and ends: its messages are redelivered later", STOPS
            )
            os._exit(EX_FAILURE)

    def _is_stopping(self) -> bool:
        runs: int = bootsteps.RUN  # type: ignore[attr-defined]
        return is_stopping() or self._worker.blueprint.state != runs


def _children(pool: Any) -> list[Child]:
    """The processes of Celery's prefork pool, each with its call."""
    processes = {process.pid: process for process in list(pool._pool)}
    given: dict[int, tuple[str, float | None]] = {}
    for job in list(pool._cache.values()):
        task = getattr(getattr(job._accept_callback, "__self__", None), "type", "")
        if job._accepted:
            given[job._worker_pid] = (task, monotonic() - job._time_accepted)
        # An answer that the event loop has not read yet counts as one.
        elif job._write_to is not None and job._write_to.pid in processes and not _unread(job._write_to.outqR_fd):
            given.setdefault(job._write_to.pid, (task, None))
    return [Child(pid, *given.get(pid, ("", None)), is_stopped=_is_stopped(pid)) for pid in processes]


def _unread(descriptor: int) -> int:
    """Bytes that wait to be read from a pipe."""
    waiting = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, waiting)
    return waiting[0]


def _is_stopped(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        # It has ended, or there is no such file on this system.
        return False
    # The command comes before it in parentheses, and may hold some itself.
    return status.rpartition(")")[2].split()[0] in ("T", "t")


def _kill(pid: int, reason: str) -> None:
    log.error("a process of the pool hangs and is replaced: %s", reason, extra={"child": pid})
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
