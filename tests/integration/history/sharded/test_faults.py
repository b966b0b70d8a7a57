"""One of three servers is killed or loses its data, and recorders die: history has what was published."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from redis import Redis
from redis.exceptions import RedisError

from config.redis_urls import Server
from config.settings import Settings
from deploy.redis_server import RedisServer
from history.archive.day import Day
from history.recorder.folder import newest_anchor
from history.recorder.tapes import collected_tape
from history.recorder.tapes.collected_tape import CollectedTape
from leaderboard import keys
from leaderboard.connections.connection import connect_shards
from leaderboard.sessions import Phase, Session
from leaderboard.shards import Shards
from leaderboard.system import System
from tests.support.history.recorded_market import ClockWorker, Recording, verified
from tests.support.market import TODAY, bar
from tests.support.waiting import eventually

SYMBOLS = [f"S{n}" for n in range(12)]
#: The server that fails.
FAILING = 1
#: Seconds for which entries wait for a tick.
HOLD = 0.3


@dataclass
class Market:
    """A market over three servers, recorded from before its first bar.

    Attributes:
        servers: the servers.
        shards: clients of them.
    """

    servers: list[RedisServer]
    shards: Shards[Redis]
    system: System
    clock_worker: ClockWorker
    history: Path
    recording: Recording
    seconds: int = 0

    def trade(self, seconds: int, *, is_recorded: bool = True) -> None:
        """Have bars of all symbols come; those of a server that is away come again until it is back.

        Args:
            seconds: with a bar each, and a tick.
            is_recorded: whether the recorder is there.
        """
        for _ in range(seconds):
            second = f"09:30:{self.seconds:02}"
            bars = [bar(each, second, close=10 + n + self.seconds % 7, o=10) for n, each in enumerate(SYMBOLS)]
            self.seconds += 1
            waiting = self.system.process(bars).waiting
            self.waiting += [bars[index] for index in waiting]
            self.clock_worker.publish_boards()
            self.clock_worker.publish_screens()
            if is_recorded:
                self.recording.step()

    def __post_init__(self) -> None:
        self.waiting: list[dict[str, Any]] = []

    def catch_up(self) -> None:
        """Apply the bars that have waited."""

        def is_done() -> bool:
            self.waiting = [self.waiting[index] for index in self.system.process(self.waiting).waiting]
            return not self.waiting

        eventually(is_done)

    def record_again(self) -> None:
        """Another recorder goes on, as the last one is dead."""
        self.recording = Recording(connect_for(self.servers), self.history)

    def bars(self) -> list[tuple[Any, ...]]:
        """Of each recorded bar its symbol and start, those that were recorded twice too."""
        with duckdb.connect() as database:
            Day(self.history / f"{TODAY}").views(database)
            return database.execute("SELECT symbol, start_timestamp FROM bars ORDER BY ALL").fetchall()

    def gaps(self) -> list[str]:
        with duckdb.connect() as database:
            Day(self.history / f"{TODAY}").views(database)
            return [why for (why,) in database.execute("SELECT why FROM gaps").fetchall()]


def settings_of(servers: list[RedisServer]) -> Settings:
    first, *others = (server.url() for server in servers)
    return Settings(redis_url=first, board_shards=tuple(map(Server, others)), market_clock="events")


def connect_for(servers: list[RedisServer]) -> Shards[Redis]:
    return connect_shards(settings_of(servers))


@pytest.fixture
def market(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Market]:
    monkeypatch.setattr(collected_tape, "longest_absence", lambda _: HOLD)
    with ExitStack() as stack:
        servers = [RedisServer(tmp_path / str(n), None, "--appendfsync", "always").start() for n in range(3)]
        for server in servers:
            stack.callback(server.stop)
        shards, history = connect_for(servers), tmp_path / "history"
        recording = Recording(connect_for(servers), history)
        recording.step()
        clock_worker = ClockWorker(shards, tmp_path, timeout=0.3)
        system = System.from_settings(settings_of(servers))
        yield Market(servers, shards, system, clock_worker, history, recording)


def assert_all_recorded(market: Market) -> None:
    """Each bar once, and all ticks that were made of all servers are what follows from them."""
    starts = [bar("", f"09:30:{second:02}")["s"] for second in range(market.seconds)]
    assert market.bars() == sorted((symbol, start) for symbol in SYMBOLS for start in starts)
    found = verified(market.history)
    assert (found.boards.differing, found.screens.differing, found.states.differing) == (0, 0, [])


def test_a_recorder_dies_again_and_again(market: Market) -> None:
    # Given recorders of which each dies after it has collected, before or after it has stored
    for died in range(4):
        market.trade(1)
        if died % 2:
            market.clock_worker.publish_boards()
        market.record_again()
    # When the last one goes on
    market.trade(1)
    # Then history has each bar once, all that was published follows from it, and there is no gap
    assert_all_recorded(market)
    assert verified(market.history).boards.checked == market.clock_worker.boards
    assert market.gaps() == []


def test_a_recorder_catches_up(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given few entries that are read at once, and few bars that may wait for a tick
    monkeypatch.setattr(collected_tape, "COUNT", 5)
    monkeypatch.setattr(collected_tape, "MOST_WAITING", 100)
    # When the recorder is away, and only the first server's tape has ticks beside the bars
    market.trade(1)
    market.trade(20, is_recorded=False)
    lengths = [redis.xlen(keys.TAPE) for redis in market.shards]
    assert lengths[0] > 3 * max(lengths[1:])
    # And another one catches up
    market.record_again()

    def is_caught_up() -> bool:
        market.recording.step()
        return all(redis.xlen(keys.TAPE) == 1 for redis in market.shards)

    eventually(is_caught_up)
    # Then every tick has its digests, and is what follows from the bars
    assert_all_recorded(market)
    found = verified(market.history)
    assert (found.boards.checked, found.boards.undigested) == (market.clock_worker.boards, 0)
    assert market.gaps() == []


def test_the_first_servers_memory_is_full(market: Market) -> None:
    # Given a recorder that has died after it has collected
    market.trade(2)
    market.trade(1, is_recorded=False)
    tape, stored = CollectedTape(market.shards), newest_anchor(market.history)
    assert stored
    found = [entry.anchor for entry in tape.read(stored.position, 200)]
    assert found
    # And more bars, before the first server's memory is full
    market.trade(1, is_recorded=False)
    market.shards.first.config_set("maxmemory", 1)
    # When a tape is read that cannot be collected
    read = [entry.anchor for entry in tape.read(stored.position, 200)]
    # Then it has what was collected before, and nothing fails until the tapes have been trimmed
    assert read == found
    assert tape.read(found[-1].position, 200) == []
    tape.trim(stored)
    with pytest.raises(RedisError, match="maxmemory"):
        tape.read(found[-1].position, 200)
    # And another recorder stores and trims it, before it asks for a state that such a server does not tell
    market.record_again()
    with pytest.raises(RedisError, match="maxmemory"):
        market.recording.step()
    assert len(market.bars()) == 3 * len(SYMBOLS)
    assert market.shards.first.xlen(keys.COLLECTED_TAPE) == 1
    # And goes on when there is room
    market.shards.first.config_set("maxmemory", 0)
    market.trade(1)
    assert_all_recorded(market)
    assert verified(market.history).boards.checked == market.clock_worker.boards
    assert market.gaps() == []


def test_a_server_is_killed_and_comes_back(market: Market) -> None:
    # Given a market that is recorded
    market.trade(2)
    before = verified(market.history)
    # When one of three servers is killed, and the market goes on; so does another recorder
    market.servers[FAILING].kill()
    market.trade(2)
    market.record_again()
    market.trade(1)
    # And the server comes back with its data
    market.servers[FAILING].start()
    market.catch_up()
    market.trade(2)
    # Then no bar is missing, and there is no gap
    assert_all_recorded(market)
    assert market.gaps() == []
    # And ticks without that server's rows are not taken for what follows from all bars
    found = verified(market.history)
    assert found.boards.undigested == found.screens.undigested == 3
    assert found.boards.checked == before.boards.checked + 2


def test_nothing_is_written_where_recording_cannot_begin(market: Market) -> None:
    # Given three servers of which the last one is away
    *others, last = range(3)
    market.servers[last].kill()
    lengths = [market.shards[n].xlen(keys.TAPE) for n in others]
    # When a recorder that has to begin anew tries to
    with pytest.raises(RedisError):
        CollectedTape(market.shards).say_start()
    # Then no tape says that recording begins
    assert [market.shards[n].xlen(keys.TAPE) for n in others] == lengths


def test_a_server_loses_its_data(market: Market) -> None:
    # Given a market that is recorded
    market.trade(2)
    # When one of three servers loses all that it held, and the market goes on
    market.shards[FAILING].flushall()
    market.trade(2)
    # Then the gap is named
    assert [why.partition(":")[0] for why in market.gaps()] == ["Nobody recorded"]
    # And what was published before and after is what follows from the bars and the state that was read
    found = verified(market.history)
    assert (found.boards.differing, found.screens.differing, found.states.differing) == (0, 0, [])
    assert found.boards.checked >= 3


def test_tapes_are_trimmed_once_all_is_on_disk(market: Market) -> None:
    # When a market was recorded, and no tick comes any more
    market.trade(2)
    market.system.process([bar("S1", "09:31:00")])
    market.recording.step()
    time.sleep(HOLD)
    for _ in range(3):
        market.recording.step()
    # Then that is recorded, each server's tape keeps one entry, and so does the collected one
    assert len(market.bars()) == 2 * len(SYMBOLS) + 1
    lengths = [redis.xlen(keys.TAPE) for redis in market.shards]
    assert (lengths, market.shards.first.xlen(keys.COLLECTED_TAPE)) == ([1, 1, 1], 1)


def test_clocks_are_moved(market: Market) -> None:
    # Given a market in its regular session
    market.trade(2)
    # When an operator moves all session clocks back, and the market goes on
    for clock in market.system.session_clocks:
        clock.move(Session(TODAY, Phase.PRE), clock.read())
    market.trade(2)
    # Then all that was published follows from the bars
    assert_all_recorded(market)
    assert verified(market.history).boards.checked == market.clock_worker.boards
    assert market.gaps() == []
