"""Reads the published boards and screens, their session, and when they were published."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import msgspec
from redis import Redis

from leaderboard import keys
from leaderboard.connections.redis_values import InvalidValueError
from leaderboard.screens import definition
from leaderboard.screens.definition import Definition
from leaderboard.sessions import Session
from leaderboard.shards import Shards
from watch.terminal.row import Row, quote_row, rows


@dataclass(frozen=True)
class Status:
    """The published boards' session and age.

    Attributes:
        session: the session that they show; None before the first event.
        published: when the last snapshot was published, in seconds of this machine's ``time.monotonic()``; None
            before the first one.
        newest: when the newest bar of the watched board ended, Unix milliseconds: the market's time; None where
            the board is empty.
    """

    session: Session | None
    published: float | None
    newest: int | None = None

    def age(self) -> float | None:
        """Seconds since the last snapshot was published; None before the first one."""
        return None if self.published is None else max(0.0, time.monotonic() - self.published)


class Published:
    """The published boards and screens.

    All methods raise ``redis.exceptions.RedisError`` where Redis cannot be reached or refuses.

    Args:
        shards: the servers of the boards; their replies are bytes.
    """

    def __init__(self, shards: Shards[Redis]) -> None:
        self._redis = shards.first
        self._shards = shards

    def screens(self) -> tuple[Definition, ...]:
        """The screens that are published now.

        Raises:
            InvalidValueError: their key holds something else.
        """
        try:
            return definition.decode(cast(bytes | None, self._redis.get(keys.SCREENS)))
        except msgspec.DecodeError:
            raise InvalidValueError(keys.SCREENS, "definitions of screens") from None

    def status(self, newest: int | None = None) -> Status:
        """The status now.

        Args:
            newest: when the newest bar of the watched board ended; see :class:`Status`.
        """
        with self._redis.pipeline(transaction=False) as pipe:
            pipe.get(keys.SESSION)
            pipe.hget(keys.SNAPSHOT, "published_at")
            pipe.time()
            number, published_at, (seconds, microseconds) = pipe.execute()
        published = None
        if published_at:
            # Both times are the server's, so this machine's clock may be wrong.
            age = seconds + microseconds / 1e6 - int(published_at) / 1000
            published = time.monotonic() - age
        return Status(Session.from_number(int(number)) if number else None, published, newest)

    def snapshot(self, board: Definition) -> bytes:
        """The board as last published: a JSON array of rows, an empty one before the first snapshot."""
        return cast(bytes | None, self._redis.get(board.scanner)) or b"[]"

    def quote(self, symbol: str) -> Row | None:
        """A symbol's row; None: it has not traded within four days.

        Raises:
            InvalidValueError: its key holds something else.
        """
        quote = cast(bytes | None, self._shards.of(symbol).get(keys.quote(symbol)))
        try:
            return quote_row(quote) if quote else None
        except msgspec.DecodeError:
            raise InvalidValueError(keys.quote(symbol), "a quote") from None

    def follow(self, *boards: Definition, every: float) -> Iterator[tuple[Definition, bytes] | None]:
        """Yields the last snapshot of each board, then each one as it is published, without end.

        No snapshot is missed: a board is read when its subscription is confirmed, also after a reconnection.

        Args:
            boards: which ones.
            every: after so many seconds without a snapshot, None is yielded.
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


def published_rows(board: Definition, snapshot: bytes) -> list[Row]:
    """The rows of a board's snapshot, best first.

    Raises:
        InvalidValueError: it is no snapshot.
    """
    try:
        return rows(snapshot)
    except msgspec.DecodeError:
        raise InvalidValueError(board.scanner, "a board") from None


def server_of(redis: Redis) -> str:
    """``host:port``, without the URL's password."""
    options = redis.get_connection_kwargs()
    if master := getattr(redis.connection_pool, "service_name", None):
        return f"the server that Sentinels call {master}"
    return f"{options.get('host', 'localhost')}:{options.get('port', 6379)}"
