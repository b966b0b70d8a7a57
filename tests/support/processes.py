"""Real processes of the system: workers, beats and commands."""

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile

from tests.support import fork_server
from tests.support.waiting import eventually

# A worker logs this once it consumes.
_READY = " ready."


class Processes:
    """Starts processes from the checkout, each with a log in `folder`, and ends all that it started."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self._folder = folder
        self._environment = environment
        self._running: dict[str, fork_server.Process | subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str, **environment: str) -> None:
        """Start ``python -m COMMAND`` under a name."""
        with self._log(name).open("wb") as log:
            self._running[name] = fork_server.start(command, os.environ | self._environment | environment, log)

    def worker(self, name: str, *options: str, queues: str = "aggs", **environment: str) -> None:
        """Start a worker and wait until it is ready."""
        self.start_worker(name, *options, queues=queues, **environment)
        self.await_log(name, _READY)

    def start_worker(self, name: str, *options: str, queues: str = "aggs", **environment: str) -> None:
        """Start a worker, without waiting for it."""
        command = ["celery", "-A", "tasks", "worker", "-Q", queues, "-n", f"{name}@%h", *options]
        self.start(name, *command, **environment)

    def is_ready(self, name: str) -> bool:
        """Whether a worker has started to work."""
        return _READY in self.log(name)

    def beat(self, name: str, **environment: str) -> None:
        self.start(name, "celery", "-A", "tasks", "beat", **environment)

    def run(
        self, *command: str, seconds: float = 280, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run ``python -m COMMAND`` to its end.

        Raises:
            subprocess.TimeoutExpired: it did not end in so many seconds.
        """
        with TemporaryFile() as output, TemporaryFile() as errors:
            process = fork_server.start(
                command, {**os.environ, **self._environment, **(environment or {})}, output, errors
            )
            try:
                code = process.wait(seconds)
            except BaseException:
                process.kill()
                raise
            texts = []
            for file in (output, errors):
                file.seek(0)
                texts.append(file.read().decode())
        return subprocess.CompletedProcess(command, code, *texts)

    def log(self, name: str) -> str:
        return self._log(name).read_text()

    def await_log(self, name: str, words: str) -> None:
        """Wait until a process has logged `words`.

        Raises:
            AssertionError: it did not, or it ended first; the text holds its log.
        """

        def said() -> bool:
            log = self.log(name)
            assert self._running[name].poll() is None, f"{name} ended:\n{log}"
            return words in log

        eventually(said, what=f"{words!r} from {name}")

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def alive(self, name: str) -> bool:
        return self._running[name].poll() is None

    def await_end(self, name: str, seconds: float = 60.0) -> None:
        """Wait until a process has ended.

        Raises:
            AssertionError: it did not in time.
        """
        eventually(lambda: not self.alive(name), seconds, f"the end of {name}")

    def signal(self, name: str, number: signal.Signals) -> None:
        self._running[name].send_signal(number)

    def stop(self) -> None:
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
        for process in self._running.values():
            try:
                # The test has ended: do not wait longer.
                process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"
