"""What the measurement of memory adds up to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import memory
from deploy.redis_server import RedisServer
from leaderboard import keys
from leaderboard.boards import BOARDS

# Enough that scripts, which take as much whatever the market, are the smaller part.
SYMBOLS = 500


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that holds nothing else and keeps no append-only file."""
    server = RedisServer(tmp_path / "server", None, "--appendonly", "no").start()
    yield server
    server.stop()


def test_the_families_of_keys_are_about_all_that_the_server_holds(server: RedisServer) -> None:
    # When a market is measured
    measured = memory.market(server, SYMBOLS)

    # Then its families are there, for all symbols
    counts = {family.name: family.count for family in measured.families}
    for name in (keys.row("SYMBOL"), keys.quote("SYMBOL"), keys.profile("SYMBOL"), keys.RECORDS):
        assert counts[name] == SYMBOLS
    assert all(counts[board.key] > 0.9 * SYMBOLS for board in BOARDS)

    # And they are most of what the server's memory grew by, the rest being tables and scripts
    assert 0.6 * measured.growth < measured.size < 1.1 * measured.growth


def test_bars_and_letters_are_counted_where_they_lie(server: RedisServer) -> None:
    # When letters, bars that wait and bars that are held are measured
    for measured in (memory.letters(server), memory.queued(server), memory.in_flight(server)):
        # Then all of them were there, and they are about what the server's memory grew by
        assert {family.count for family in measured.families} == {5_000}
        assert 0.8 * measured.growth < measured.size < 1.2 * measured.growth
