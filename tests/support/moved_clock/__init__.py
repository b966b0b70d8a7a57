"""Moves the clocks of processes that a test starts. The test's own clock stays true."""

import time
from datetime import date
from pathlib import Path

from redis import Redis

from tests.support.market import at

#: A Monday on which the exchange opens, and the day after it.
MONDAY, TUESDAY = date(2026, 11, 23), date(2026, 11, 24)


def library() -> Path | None:
    """The library that moves a process's clock, where Debian's `faketime` is installed."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


class MovedClock:
    """A time of the test's choosing, for processes that are started with its environment.

    Args:
        folder: where it keeps the files from which the processes read their time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ahead = 0.0
        self._skews: set[float] = set()

    def environment(self, skew: float = 0) -> dict[str, str]:
        """The environment of a process whose clock is to be `skew` seconds ahead of this one.

        Raises:
            RuntimeError: libfaketime is not installed.
        """
        preloaded = library()
        if preloaded is None:
            raise RuntimeError("not run: needs libfaketime, Debian's package faketime")
        self._skews.add(skew)
        self._write(skew)
        # libc's malloc before jemalloc's, which asks for the time while the library starts: a Redis would hang.
        libc = preloaded.parent.parent / "libc.so.6"
        return {
            "LD_PRELOAD": f"{preloaded}:{libc}",
            "PYTHONPATH": str(Path(__file__).parent / "path"),
            "FAKETIME_TIMESTAMP_FILE": str(self._file(skew)),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, clock: str, day: date = MONDAY) -> None:
        """Set it to that time in New York; it runs on from there."""
        self._ahead = at(clock, day) / 1000 - time.time()
        for skew in self._skews:
            self._write(skew)

    def now(self) -> int:
        """Its time in Unix milliseconds."""
        return int((time.time() + self._ahead) * 1000)

    def off(self, redis: Redis) -> float:
        """Seconds between a server's time and this one."""
        seconds, microseconds = redis.time()
        return abs(seconds + microseconds / 1e6 - self.now() / 1000)

    def _file(self, skew: float) -> Path:
        return self._folder / f"clock{skew:+.0f}"

    def _write(self, skew: float) -> None:
        # Replaced whole, so that no process reads half a file.
        draft = self._folder / "draft"
        draft.write_text(f"{self._ahead + skew:+.3f}\n")
        draft.replace(self._file(skew))
