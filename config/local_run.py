"""Where `make run` keeps its Redis, for the commands that are run beside it.

Its Redis asks for a password, made for each run. So that nobody has to type it, its URLs stand in a file that only
its user may read, and with them the clock that its boards go by. Who keeps that Redis holds a lock on the file:
what a killed run left behind counts for nothing.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

#: Of this checkout.
FILE = Path(__file__).parent.parent / ".run" / "env"
#: What is in it: where the run's Redis is,
ADDRESSES = ("REDIS_URL", "CELERY_BROKER_URL")
#: and what else commands beside it have to know.
VARIABLES = (*ADDRESSES, "MARKET_CLOCK")


def env_file(given: Mapping[str, str]) -> Path | None:
    """The file of a run that goes on in this checkout; None where none does, or the environment names a Redis.

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
        # There is none, or it is another user's.
        return None
    return None


@contextmanager
def announced(run: Mapping[str, str]) -> Iterator[None]:
    """Have the file there while this is entered; where another run has it, that one keeps it.

    Args:
        run: the run's environment.
    """
    with private(FILE) as file:
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
def private(path: Path) -> Iterator[IO[str]]:
    """Open a file that nobody but its user may read, for writing; it is made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        # One that was there may have been readable.
        os.fchmod(file.fileno(), 0o600)
        yield file
