"""Lets commands find the Redis of `make run` in the same checkout.

Each run makes a new password for its Redis. So that nobody has to type it, the run writes its URLs and its
MARKET_CLOCK into a file that only its user may read. The run holds a lock on the file: a file without a lock was
left by a killed run and is ignored.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

#: The file, of this checkout.
FILE = Path(__file__).parent.parent / ".run" / "env"
#: The variables of the run's Redis.
ADDRESSES = ("REDIS_URL", "CELERY_BROKER_URL")
#: All variables in the file.
VARIABLES = (*ADDRESSES, "MARKET_CLOCK", "GATEWAY_PORT", "HISTORY_DIR")


def env_file(given: Mapping[str, str]) -> Path | None:
    """The file of the current run; None if nothing runs, or if the environment names a Redis.

    Args:
        given: the environment.
    """
    if any(given.get(name) for name in ADDRESSES):
        return None
    try:
        with FILE.open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return FILE
    except OSError:
        # There is no file, or another user owns it.
        return None
    return None


def gateway_port(given: Mapping[str, str]) -> int | None:
    """The port of the gateway of this environment, or of the current run; None: unknown.

    Args:
        given: the environment.
    """
    text = given.get("GATEWAY_PORT")
    if not text and (file := env_file(given)):
        lines = (line.partition("=") for line in file.read_text().splitlines())
        text = {name: value for name, _, value in lines}.get("GATEWAY_PORT")
    return int(text) if text and text.isdigit() else None


@contextmanager
def publish(run: Mapping[str, str]) -> Iterator[None]:
    """Keep the file while the context is entered. If another run has written it, leave that one.

    Args:
        run: the run's environment.
    """
    with open_private(FILE) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield
            return
        file.truncate()
        file.writelines(f"{name}={run[name]}\n" for name in VARIABLES if run.get(name))
        file.flush()
        try:
            yield
        finally:
            FILE.unlink(missing_ok=True)


@contextmanager
def open_private(path: Path) -> Iterator[IO[str]]:
    """Open a file for writing that only its user may read. Create it if needed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        # An existing file may have had other permissions.
        os.fchmod(file.fileno(), 0o600)
        yield file
