"""Starts the system's commands in forks of one process that has imported their libraries already.

Importing Celery takes most of a second, and the tests start hundreds of processes. As a program, this module is
the server. :func:`start` is its client, and starts the server when it is first needed. The server imports no
module that reads the environment, so each command sees its own.
"""

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import IO, NamedTuple, NoReturn

from tests.support.checkout import CHECKOUT

_LARGEST_REQUEST = 1 << 18
_IMPORTED = (
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "celery.concurrency.solo",
    "celery.concurrency.thread",
    "celery.worker.consumer",
    "flower.app",
    "kombu.transport.redis",
    "leaderboard.system",
    "massive.websocket",
    "prometheus_client",
    "pydantic_settings",
    "pythonjsonlogger.json",
    "redis.asyncio",
    "redis.sentinel",
    "rich.live",
    "rich.markdown",
    "starlette.applications",
    "typer.rich_utils",
    "uvicorn",
    "uvloop",
    "websockets.asyncio.client",
    "websockets.sync.client",
)


class Process:
    """A command that was started, with the methods of :class:`subprocess.Popen` that tests use.

    Args:
        pid: its process ID.
        status: the end of a pipe from which its exit code comes.
    """

    def __init__(self, pid: int, status: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._status = status

    def poll(self) -> int | None:
        """The exit code once it has ended, negative the number of a signal; else None."""
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            self._read()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended.

        Raises:
            subprocess.TimeoutExpired: it did not in so many seconds.
        """
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            self._read()
        assert self.returncode is not None
        return self.returncode

    def _read(self) -> None:
        told = os.read(self._status, 64)
        os.close(self._status)
        # Without an exit code the server has ended: it does so with the tests.
        self.returncode = int(told or -signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start(
    command: Sequence[str], environment: Mapping[str, str], output: IO[bytes], errors: IO[bytes] | None = None
) -> Process | subprocess.Popen[bytes]:
    """Start ``python -m COMMAND`` from the checkout, in a session of its own.

    Args:
        command: the module and its arguments.
        environment: its whole environment.
        output: a file for its standard output.
        errors: a file for its standard error; None: the same file.
    """
    # A fork cannot apply variables that are read when Python starts.
    if "LD_PRELOAD" in environment or "PYTHONPATH" in environment:
        return start_unforked(command, environment, output, errors)
    received, sent = os.pipe()
    request = json.dumps({"command": list(command), "environment": dict(environment)}).encode()
    server = _server()
    socket.send_fds(server, [request], [output.fileno(), (errors or output).fileno(), sent])
    os.close(sent)
    return Process(int(server.recv(64)), received)


def start_unforked(
    command: Sequence[str], environment: Mapping[str, str], output: IO[bytes], errors: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """The same, with a Python of its own, as in production."""
    return subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors or subprocess.STDOUT,
        start_new_session=True,
    )


@cache
def _server() -> socket.socket:
    """A connection to this process's server, which ends when it is closed."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(theirs.fileno())],
            cwd=CHECKOUT,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


class _Request(NamedTuple):
    command: list[str]
    environment: dict[str, str]


def _serve(control: socket.socket) -> _Request | None:
    """Fork at each request, and tell each exit code. Returns the request in the fork, and None at the end."""
    ends = selectors.DefaultSelector()
    ends.register(control, selectors.EVENT_READ)
    while True:
        for key, _ in ends.select():
            if key.fileobj is control:
                request, descriptors, *_ = socket.recv_fds(control, _LARGEST_REQUEST, 3)
                if not request:
                    return None
                pid = os.fork()
                if not pid:
                    control.detach()
                    ends.close()
                    _become(descriptors)
                    return _Request(**json.loads(request))
                *files, status = descriptors
                for each in files:
                    os.close(each)
                ends.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, status))
                control.send(str(pid).encode())
            else:
                pid, status = key.data
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                ends.unregister(key.fileobj)
                os.close(key.fd)
                _tell(status, code)


def _tell(status: int, code: int) -> None:
    try:
        os.write(status, str(code).encode())
    except BrokenPipeError:
        pass  # The test that started it asks no more.
    finally:
        os.close(status)


def _become(descriptors: list[int]) -> None:
    """Make the fork what a process is that was started for a command."""
    os.setsid()
    output, errors, _ = descriptors
    os.dup2(output, 1)
    os.dup2(errors, 2)
    os.closerange(3, 1024)


def _run(request: _Request) -> NoReturn:
    os.environ.clear()
    os.environ.update(request.environment)
    time.tzset()
    module, *arguments = request.command
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    sys.exit(0)


if __name__ == "__main__":
    for each in _IMPORTED:
        importlib.import_module(each)
    # Forks share the pages of what does not change.
    gc.collect()
    gc.freeze()
    asked = _serve(socket.socket(fileno=int(sys.argv[1])))
    if asked:
        _run(asked)
