"""Ticks are on the tape, with digests of what was published."""

import os
from collections.abc import Sequence
from hashlib import sha1
from pathlib import Path
from typing import Any

from redis import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.declared.watched_file import WatchedFile
from leaderboard.screens.publisher import ScreenPublisher
from leaderboard.screens.screens_file import load
from leaderboard.shards import Shards
from leaderboard.system import System
from leaderboard.tape.entries import Bars, Digests, Entry, ScreensTicked, Ticked
from leaderboard.tape.reader import TapeReader
from leaderboard.tape.recording import renew
from tests.integration.leaderboard.tape.conftest import Recorded
from tests.support.market import bar
from tests.support.spoiled_keys import BARS


def digest(redis: Redis, key: str) -> str:
    published: Any = redis.get(key)
    return sha1(published).hexdigest()


def screens_of(entries: Sequence[Entry]) -> list[ScreensTicked]:
    return [entry for entry in entries if isinstance(entry, ScreensTicked)]


def test_a_tick_stands_where_the_boards_were_as_they_were_published(
    system: System, redis: Redis, recorded: Recorded
) -> None:
    # Given boards that are published
    system.process(BARS)
    assert system.publish().rows == 120

    # Then the tape has the tick, and the digest of each board
    bars, tick, digests = recorded()
    assert isinstance(bars, Bars)
    assert isinstance(tick, Ticked)
    assert isinstance(digests, Digests)
    slot, published_at = redis.hmget(keys.SNAPSHOT, "slot", "published_at")
    assert (tick.slot, tick.published_at, tick.revision) == (int(slot or 0), int(published_at or 0), bars.revision)
    assert digests.slot == tick.slot
    assert digests.boards == {board.name: digest(redis, board.scanner) for board in BOARDS}


def test_while_nobody_records_a_tick_is_published_alone(system: System, redis: Redis) -> None:
    system.process(BARS)

    assert system.publish().rows == 120
    assert not redis.exists(keys.TAPE)


def test_each_tick_of_the_screens_has_all_of_their_digests(system: System, redis: Redis, tmp_path: Path) -> None:
    # Given screens that were published before somebody records, one of which only reference data changes
    file = tmp_path / "screens.toml"
    file.write_text("".join(map(_SCREEN.format, ("active", "idle"), ("volume > 0", "free_float > 0"))))
    publisher = ScreenPublisher(Shards([redis]), WatchedFile(file, load, "screens"), interval=0.001)
    system.process(BARS)
    publisher.publish()
    assert not redis.exists(keys.TAPE)

    # When somebody does, and one of them changes
    renew(redis)
    system.process([bar("S1", "09:33:00", close=50)])
    publisher.publish()

    # Then the tape has the digests of both, at the revision of the rows, and the definitions, as it has none yet
    reader = TapeReader(redis)
    (ticked,) = screens_of(reader.read(0, 100))
    assert ticked.screens == {name: digest(redis, keys.screen(name)) for name in ("active", "idle")}
    state = redis.hgetall(keys.SCREENS_STATE)
    assert ticked.slot == int(state[b"slot"])
    assert (ticked.screens_revision, ticked.published_at) == (int(state[b"revision"]), int(state[b"published_at"]))
    assert ticked.definitions == redis.get(keys.SCREENS)

    # And later ticks have the definitions only where they change
    assert publisher.publish().result == "published"
    *_, ticked = screens_of(reader.read(0, 100))
    assert ticked.definitions is None
    file.write_text(_SCREEN.format("active", "volume > 5"))
    os.utime(file, (0, 0))
    publisher.publish()
    *_, ticked = screens_of(reader.read(0, 100))
    assert ticked.screens == {"active": digest(redis, keys.screen("active"))}
    assert ticked.definitions == redis.get(keys.SCREENS)


_SCREEN = """
[[screen]]
name = "{}"
title = "Screen"
by = "pct_change"
where = ["{}"]
"""
