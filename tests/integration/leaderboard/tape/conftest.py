"""Fixtures of the tests of leaderboard.tape."""

from collections.abc import Callable

import pytest
from redis import Redis

from leaderboard.tape.entries import Entry, Started
from leaderboard.tape.reader import TapeReader
from leaderboard.tape.recording import renew

#: Returns what was recorded so far, without the entry that says that recording started.
Recorded = Callable[[], list[Entry]]


@pytest.fixture
def recorded(redis: Redis) -> Recorded:
    """Starts a recording."""
    renew(redis)
    reader = TapeReader(redis)
    return lambda: [entry for entry in reader.read(0, 10_000) if not isinstance(entry, Started)]
