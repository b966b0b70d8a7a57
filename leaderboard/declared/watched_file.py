"""Keeps what a file declares up to date while the program runs."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from leaderboard.declared.tables import DeclarationError

log = logging.getLogger(__name__)

# Seconds since its last change after which a file counts as complete. Many programs write in pieces, and a part of
# the file is often a valid file that declares less.
_COMPLETE_AFTER = 1.0
# What shows that a file has changed: when it was written, its size, and its inode, which differs once another file
# has taken its place. None: it cannot be found.
_State = tuple[int, int, int] | None

_T = TypeVar("_T")


class WatchedFile(Generic[_T]):
    """What a file declares, read again whenever the file has changed.

    Args:
        path: of the file.
        load: reads it.
        what: the file declares, for the log, such as ``screens``.

    Attributes:
        is_wrong: the file has become wrong, or cannot be read any more.

    Raises:
        DeclarationError: the file is wrong, or cannot be read.
    """

    def __init__(self, path: Path, load: Callable[[Path], tuple[_T, ...]], what: str) -> None:
        self._path = path
        self._load = load
        self._what = what
        self.is_wrong = False
        # Before the file is read: what changes meanwhile is seen the next time.
        self._state = _state(path)
        self._declared = load(path)

    def current(self) -> tuple[_T, ...]:
        """What it declares now; if the file has become wrong, which is logged once a change, what it did before.

        A file that was written within the last second is read later.
        """
        state = _state(self._path)
        if state != self._state and _is_complete(state):
            self._state = state
            self._read_again()
        return self._declared

    def _read_again(self) -> None:
        try:
            self._declared = self._load(self._path)
        except DeclarationError as error:
            self.is_wrong = True
            # One record each, for logs escape line breaks.
            for mistake in str(error).splitlines():
                log.error("the %s stay as they were, for their file has become wrong: %s", self._what, mistake)
        else:
            self.is_wrong = False
            log.info("%d %s were read from %s, which has changed", len(self._declared), self._what, self._path)


def _state(path: Path) -> _State:
    try:
        # Of the file itself where the path is a link, as those of a ConfigMap are.
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _is_complete(state: _State) -> bool:
    # A time in the future says nothing.
    return state is None or not 0 <= time.time() - state[0] / 1e9 < _COMPLETE_AFTER
