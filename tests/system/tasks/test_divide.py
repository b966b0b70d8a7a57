"""``python -m tasks divide``, as documented: symbols go from one server over three, and from three over two."""

import json
from typing import Any

from redis import Redis

from config.redis_urls import Server
from config.settings import Settings
from leaderboard import keys
from leaderboard.boards import BOARDS
from leaderboard.connections.connection import connect_shards
from leaderboard.reference import PreviousDay, Profile, Reference
from leaderboard.store.snapshots import Snapshots
from leaderboard.system import System
from tests.support.boards import row
from tests.support.market import TODAY, bar
from tests.support.oracle import expected
from tests.support.processes import Processes
from tests.support.random_bars import columns
from tests.support.waiting import eventually

SYMBOLS = [f"S{n}" for n in range(30)]
KNOWN = Reference(PreviousDay(8, 9, 7, 8, 1000, 8.1), Profile(200.0, 5e6))
#: How many servers there are, one after the other.
COUNTS = (1, 3, 2)


def bars(minute: int) -> list[dict[str, Any]]:
    # Each minute one symbol less trades.
    return [
        bar(each, f"09:3{minute}:00", close=10 + minute + n / 8, o=10) for n, each in enumerate(SYMBOLS[minute:])
    ]


def test_servers_are_added_and_removed(processes: Processes, redis: Redis, redis_url: str) -> None:
    # Given boards on one server, with reference data of every other symbol
    redis.flushall()
    urls = [redis_url.replace("/0", f"/{database}") for database in (3, 4, 5)]
    deployments = [
        Settings(redis_url=urls[0], board_shards=tuple(map(Server, urls[1:count])), market_clock="events")
        for count in COUNTS
    ]
    System.from_settings(deployments[0]).reference.learn(TODAY, dict.fromkeys(SYMBOLS[::2], KNOWN))
    System.from_settings(deployments[0]).process(events := bars(0))

    # When two are added, and one is removed, and bars come after each
    for minute, (count, former) in enumerate([(3, []), (2, urls[2:])], 1):
        environment = {"REDIS_URL": urls[0], "BOARD_SHARDS": " ".join(urls[1:count])}
        options = ["--former", " ".join(former)] if former else []
        ended = processes.run("tasks", "divide", "--yes", *options, environment=environment)
        assert (ended.returncode, f"of {count}." in ended.stdout) == (0, True), ended.stdout + ended.stderr
        System.from_settings(deployments[minute]).process(more := bars(minute))
        events += more

    # Then rows, boards and reference data are those of one server, each at the server of its symbol
    shards = connect_shards(deployments[-1])
    outcome = expected(events, dict.fromkeys(SYMBOLS[::2], columns(KNOWN)))
    for symbol, fields in outcome.rows.items():
        assert row(shards.of(symbol), symbol) == fields
    snapshots = Snapshots(shards, interval=0.1, size=500, timeout=30)
    eventually(lambda: snapshots.publish().result == "published")
    for board in BOARDS:
        assert json.loads(shards.first.get(board.scanner) or b"") == outcome.ranked(board.name)

    # And nothing is left at the one that was removed
    assert not [*Redis.from_url(urls[2]).scan_iter(match="*S[0-9]*")]
    assert not Redis.from_url(urls[2]).exists(keys.RECORDS)
