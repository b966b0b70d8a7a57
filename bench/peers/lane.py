"""A library at work: its workers, a process that sends, and a database of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec
import psutil
from redis import Redis

from bench.child import ROOT
from bench.peers.peer import PROCESSES, Peer
from bench.peers.sender import READY, Order, Sent
from bench.peers.settings import Settings
from bench.peers.work import done_key, pids_key
from deploy.redis_server import RedisServer

#: Seconds for a library to start, or to make any progress.
TIMEOUT = 240.0
# Calls that find out whether all processes run tasks.
_PROBES = 20


class Lane:
    """Workers of a library, and its sender. They are started, and up after :meth:`await_up`.

    Args:
        peer: the library.
        server: the Redis.
        database: of its queue.
        folder: for logs.
        safe, timeout: as of :class:`Settings`.
    """

    def __init__(
        self, peer: Peer, server: RedisServer, database: int, folder: Path, *, safe: bool, timeout: int = 0
    ) -> None:
        self.peer = peer
        self.safe = safe
        self.name = f"{peer.name} {'safe' if safe else 'default'} {database}"
        self._settings = Settings(self.name, server.url(database), safe, timeout)
        self._environment = os.environ | peer.settings | self._settings.variables()
        self._environment["REDIS_URL"] = server.url()
        if timeout and peer.ours:
            self._environment["VISIBILITY_TIMEOUT"] = str(timeout)
        self._log = folder / f"{database}.log"
        self.boards: Any = Redis.from_url(server.url())
        self._queue = Redis.from_url(server.url(database))
        self._workers: list[psutil.Popen] = []
        self._sender = self._start_sender()
        self._is_ready = False
        self.start()

    @property
    def _python(self) -> str:
        return str(self.peer.environment.executable) if self.peer.environment else sys.executable

    def _start_sender(self) -> subprocess.Popen[bytes]:
        command = [self._python, "-m", "bench.peers.sender", self.peer.app]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with self._log.open("ab") as log:
            return subprocess.Popen(command, cwd=ROOT, env=self._environment, stderr=log, **pipes)

    # --- workers

    def start(self) -> None:
        """Start its workers."""
        self.boards.delete(pids_key(self.name))
        with self._log.open("ab") as log:
            self._workers = [
                psutil.Popen(
                    [self._python, "-m", *command],
                    cwd=ROOT,
                    env=self._environment,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                for command in self.peer.commands
            ]

    def await_up(self) -> None:
        """Wait until it can send, and each process that runs tasks has run one.

        Raises:
            RuntimeError: it does not come up.
        """
        if not self._is_ready:
            assert self._sender.stdout
            if self._sender.stdout.readline() != READY:
                raise RuntimeError(f"{self.name} cannot send: {self._tail()}")
            self._is_ready = True
        deadline = time.monotonic() + TIMEOUT
        while self.boards.scard(pids_key(self.name)) < PROCESSES:
            self._check(deadline)
            self.probe(_PROBES)
            time.sleep(0.3)

    def probe(self, count: int) -> None:
        """Send tasks that only note which process runs them."""
        self.send(self.peer.ways[0], "mark", -count, count)

    def _check(self, deadline: float) -> None:
        self.check_alive()
        if time.monotonic() > deadline:
            raise RuntimeError(f"{self.name}: nothing for {TIMEOUT:.0f} s: {self._tail()}")

    def check_alive(self) -> None:
        """Raise an error if a worker has ended by itself.

        Raises:
            RuntimeError: one has; with the end of its log.
        """
        if any(worker.poll() is not None for worker in self._workers):
            raise RuntimeError(f"{self.name}: a worker ended: {self._tail()}")

    def _tail(self) -> str:
        return self._log.read_text()[-2000:]

    def _processes(self) -> list[psutil.Process]:
        """Those of the workers that are alive."""
        found = []
        for worker in self._workers:
            if worker.poll() is None:
                found += [psutil.Process(worker.pid), *worker.children(recursive=True)]
        return found

    def _signal(self, number: signal.Signals) -> list[psutil.Process]:
        """Send a signal to each process. Returns these."""
        processes = self._processes()
        for process in processes:
            process.send_signal(number)
        return processes

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Have the workers stand still within the block, while a backlog grows."""
        self.check_alive()
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill all of its workers' processes at once."""
        # Stopped first, so that none reacts to the end of another.
        processes = self._signal(signal.SIGSTOP)
        for process in processes:
            process.kill()
        for worker in self._workers:
            worker.wait()
        psutil.wait_procs(processes, TIMEOUT)

    def cpu(self) -> float:
        """Seconds of CPU that the workers have used."""
        return sum(map(_cpu, self._processes()))

    def memory(self) -> int:
        """Bytes of the workers' processes; what several share counts once."""
        return sum(process.memory_full_info().pss for process in self._processes())

    # --- tasks

    def send(self, way: str, task: str, first: int, count: int) -> Sent:
        """Send so many calls of a task, the first of which has the number `first`."""
        assert self._sender.stdin
        assert self._sender.stdout
        self._sender.stdin.write(msgspec.json.encode(Order(way, task, first, count)) + b"\n")
        self._sender.stdin.flush()
        line = self._sender.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} cannot send: {self._tail()}")
        return msgspec.json.decode(line, type=Sent)

    def left(self) -> int:
        """Tasks that are queued or in flight."""
        return self.peer.left(self._queue)

    def done(self) -> int:
        """Tasks named ``mark`` that have run."""
        return int(self.boards.scard(done_key(self.name)))

    def await_drained(self) -> float:
        """Wait until no task is queued or in flight. Returns the time of that, of the monotonic clock."""
        last, deadline = -1, 0.0
        while left := self.left():
            if left != last:
                last, deadline = left, time.monotonic() + TIMEOUT
            self._check(deadline)
            time.sleep(0.005)
        return time.monotonic()

    def end(self) -> None:
        """Kill its workers and its sender."""
        self.kill()
        self._sender.kill()
        self._sender.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


def _cpu(process: psutil.Process) -> float:
    """Seconds of CPU of all threads that are there, to the nanosecond: the usual count is of ticks of ten
    milliseconds, and some backlogs are run within a few.
    """
    threads = Path(f"/proc/{process.pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
