"""Bars and snapshots to watch."""

from redis import Redis

from leaderboard.boards import Board
from leaderboard.screens.definition import Definition

# Tuesday 2013-10-08, 10:00 in New York.
MORNING = 1_381_240_800_000


def bar(symbol: str, close: float, second: int = 0) -> dict[str, object]:
    start = MORNING + second * 1000
    return {"sym": symbol, "o": 10.0, "c": close, "v": 100, "av": 100, "s": start, "e": start + 1000}


def followed(redis: Redis, *feeds: str) -> list[str]:
    """Those of the feeds that a gateway forwards to anybody."""
    return [feed for feed in feeds if dict(redis.pubsub_numsub(feed))[feed.encode()]]


def publish(redis: Redis, board: Board | Definition, snapshot: str | bytes) -> None:
    redis.set(board.scanner, snapshot)
    redis.publish(board.scanner, snapshot)
