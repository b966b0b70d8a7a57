"""Keys with a wrong type or an invalid value."""

from collections.abc import Callable
from typing import Any

from redis import Redis

from leaderboard import keys
from leaderboard.boards import BOARDS
from tests.support.market import bar

#: 200 bars of forty symbols on both sides of 09:30.
BARS = [bar(f"S{n % 40}", f"09:{29 + n // 100}:{n % 50:02}", close=10 + n % 7) for n in range(200)]


#: Keys without which no bar can be applied, and their types.
NEEDED = {
    keys.SESSION: "string",
    keys.REVISION: "string",
    keys.RECORDS: "hash",
    keys.CHANGES: "zset",
    **{board.key: "zset" for board in BOARDS},
    keys.REFERENCE_VERSIONS: "hash",
}


#: Keys without which bars are still applied.
SPARED = {
    keys.TOTALS: "hash",
    keys.SNAPSHOT: "hash",
    keys.DEAD: "stream",
    keys.TICKS: "stream",
    keys.RECORDER: "hash",
    keys.REFERENCE_WANTED: "set",
    keys.REFERENCE_CALLED: "string",
    keys.REFERENCE_FETCHING: "string",
    **{board.scanner: "string" for board in BOARDS},
}


def spoil(redis: Redis, key: str, kind: str = "") -> str:
    """Replace a key's value by one of another type. Returns that type."""
    if kind == "string":
        redis.rpush(key, "somebody else's")
        return "list"
    redis.set(key, "somebody else's")
    return "string"


JUNK: dict[str, Callable[[Redis], Any]] = {
    keys.SESSION: lambda redis: redis.set(keys.SESSION, "junk\r\n"),
    keys.REVISION: lambda redis: redis.set(keys.REVISION, "12.5"),
    # Within its day: when a day begins, the records of the last one go unread.
    keys.RECORDS: lambda redis: redis.set(keys.SESSION, 202611200) and redis.hset(keys.RECORDS, "S7", "junk"),
}
