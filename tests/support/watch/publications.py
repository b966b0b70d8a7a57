"""Bars and snapshots to watch."""

from redis import Redis

from leaderboard.boards import Board

# Tuesday 2013-10-08, 10:00 in New York.
MORNING = 1_381_240_800_000


def bar(symbol: str, close: float, second: int = 0) -> dict[str, object]:
    start = MORNING + second * 1000
    return {"sym": symbol, "o": 10.0, "c": close, "v": 100, "av": 100, "s": start, "e": start + 1000}


def publish(redis: Redis, board: Board, snapshot: str | bytes) -> None:
    redis.set(board.scanner, snapshot)
    redis.publish(board.scanner, snapshot)
