"""Reads what the core publishes: the boards' snapshots, their session and when they were published."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from redis import Redis

from leaderboard import keys
from leaderboard.boards import Board
from leaderboard.sessions import Session


@dataclass(frozen=True)
class Status:
    """What stands behind the published boards.

    Attributes:
        session: the session that they show; None before the first event.
        published: when the last snapshot was published, in seconds of this machine's ``time.monotonic()``; None
            before the first one.
        newest: the end of the newest bar on the board that is watched, Unix milliseconds, which tells the market's
            time; None where there is none.
    """

    session: Session | None
    published: float | None
    newest: int | None = None

    def age(self) -> float | None:
        """Seconds since the last snapshot was published; None before the first one."""
        return None if self.published is None else max(0.0, time.monotonic() - self.published)


class Published:
    """The published boards, as any of their viewers sees them.

    All methods raise ``redis.exceptions.RedisError`` where Redis cannot be reached or refuses.

    Args:
        redis: the Redis of the boards; its replies are bytes.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def status(self, newest: int | None = None) -> Status:
        """The present status, of a board whose newest bar ended then."""
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(keys.SESSION)
            pipe.hget(keys.SNAPSHOT, "published_at")
            pipe.time()
            number, published_at, (seconds, microseconds) = pipe.execute()
        published = None
        if published_at:
            # Both by the server's clock, so that this machine's may be wrong.
            age = seconds + microseconds / 1e6 - int(published_at) / 1000
            published = time.monotonic() - age
        return Status(Session.from_number(int(number)) if number else None, published, newest)

    def snapshot(self, board: Board) -> bytes:
        """The board as last published: a JSON array of rows, an empty one before the first snapshot."""
        return cast(bytes | None, self._redis.get(board.scanner)) or b"[]"

    def follow(self, *boards: Board, every: float) -> Iterator[tuple[Board, bytes] | None]:
        """The boards' snapshots, without end: the last one of each, then each one as it is published.

        None is missed: a board is read once its subscription stands, and again where the connection was lost and
        the client made it anew.

        Args:
            boards: which ones.
            every: seconds without a snapshot after which a None comes instead, for the caller to do what it does
                regularly.
        """
        by_channel = {board.scanner.encode(): board for board in boards}
        with self._redis.pubsub() as pubsub:  # type: ignore[no-untyped-call]
            pubsub.subscribe(*by_channel)
            while True:
                message = pubsub.get_message(timeout=every)
                if message is None:
                    yield None
                    continue
                board = by_channel[message["channel"]]
                yield board, self.snapshot(board) if message["type"] == "subscribe" else message["data"]


def server_of(redis: Redis) -> str:
    """``host:port``, without the password that a URL can hold."""
    options = redis.get_connection_kwargs()
    if master := getattr(redis.connection_pool, "service_name", None):
        return f"the server that Sentinels call {master}"
    return f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
