"""Runs programs beside a measurement: they wait for the word to start, and report their results."""

import os
import select
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

T = TypeVar("T")

ROOT = Path(__file__).parent.parent

_READY = b"ready\n"


class Child:
    """Runs ``python -m MODULE ORDER`` and waits until it is ready.

    Args:
        module: calls :func:`receive`, :func:`ready` and :func:`report`.
        order: its instructions.
        environment: variables to add to this process's.

    Raises:
        RuntimeError: it ended before it was ready.
    """

    def __init__(self, module: str, order: msgspec.Struct, **environment: str) -> None:
        self._module = module
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, msgspec.json.encode(order).decode()],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdin
        assert self._process.stdout
        self._input, self._output = self._process.stdin, self._process.stdout
        self.await_ready()

    def await_ready(self) -> None:
        """Wait until it is ready, or has begun its next part.

        Raises:
            RuntimeError: it ended before.
        """
        if self._output.readline() != _READY:
            self._end()
            code = self._process.returncode
            raise RuntimeError(f"{self._module} ended with exit code {code} before it was ready")

    def go(self) -> None:
        """Tell it to start."""
        self._input.write(b"\n")
        self._input.flush()

    def has_output(self) -> bool:
        """Whether it has written something that is not read yet."""
        readable, _, _ = select.select([self._output], [], [], 0)
        return bool(readable)

    def result(self, kind: type[T]) -> T:
        """Wait for its end and return its report.

        Raises:
            RuntimeError: it failed.
        """
        text = self._output.read()
        if self._process.wait():
            raise RuntimeError(f"{self._module} ended with exit code {self._process.returncode}")
        return msgspec.json.decode(text, type=kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._input.close()
        self._output.close()


# --- in the program


def receive(kind: type[T]) -> T:
    """The program's instructions."""
    return msgspec.json.decode(sys.argv[1], type=kind)


def ready() -> None:
    """Report that everything is prepared."""
    sys.stdout.buffer.write(_READY)
    sys.stdout.buffer.flush()


def await_go() -> None:
    """Wait for the word to start."""
    sys.stdin.buffer.readline()


def report(result: Any) -> None:
    """Report the result. The program does this last."""
    # Under PYTHONUNBUFFERED a single write to sys.stdout.buffer may write only a part.
    with open(sys.stdout.fileno(), "wb", closefd=False) as output:
        output.write(msgspec.json.encode(result))
