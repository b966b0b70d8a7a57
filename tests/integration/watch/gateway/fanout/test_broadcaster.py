"""What clients are sent of boards that they follow, and what Redis is asked for that."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from leaderboard.boards import BOARDS
from leaderboard.shards import Shards
from tests.support.watch.pausable_connection import PausableConnection
from watch.gateway.alerts.alert_log import AlertLog
from watch.gateway.alerts.live_alerts import LiveAlerts
from watch.gateway.fanout.broadcaster import Broadcaster
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.deltas.projection import WHOLE
from watch.gateway.fanout.feed import Feed
from watch.gateway.fanout.text_frame import TextFrame
from watch.gateway.screens import PublishedScreens
from watch.gateway.supervisor import Supervisor

BOARD = BOARDS[0].scanner
ROWS = [{"rank": 1, "symbol": "A", "close": 1.0}]


class Connection(PausableConnection):
    """Keeps the messages that are written.

    Attributes:
        messages: in their order.
        writes: how many messages were in each.
    """

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self.writes: list[int] = []

    def write(self, frames: Sequence[TextFrame]) -> int:
        self.writes.append(len(frames))
        self.messages += [json.loads(frame.plain[frame.plain.index(b"{") :]) for frame in frames]
        return super().write(frames)


def run(url: str, steps: Callable[[Broadcaster], Awaitable[None]]) -> None:
    """Run steps with a broadcaster that is connected to nothing yet."""

    async def running() -> None:
        redis: AsyncRedis = AsyncRedis.from_url(url, protocol=2)
        supervisor = Supervisor()
        screens = PublishedScreens(redis, supervisor)
        alerts = LiveAlerts(AlertLog(redis, supervisor), supervisor)
        await steps(Broadcaster(Shards([redis]), screens, supervisor, alerts))
        await redis.aclose()

    asyncio.run(running())


def follower(broadcaster: Broadcaster, *boards: str) -> tuple[Client, Connection]:
    connection = Connection()
    client = Client(connection, broadcaster.counters, broadcaster.send_queue)
    for board in boards or (BOARD,):
        broadcaster.follow(client, Feed(board), WHOLE)
    return client, connection


def test_a_board_is_read_once_for_all_who_come_at_once(redis: Redis, redis_url: str) -> None:
    redis.set(BOARD, json.dumps(ROWS))

    async def steps(broadcaster: Broadcaster) -> None:
        # When many clients come at once, one of which leaves while the board is read
        followers = [follower(broadcaster) for _ in range(100)]
        redis.config_resetstat()
        starts = [asyncio.create_task(broadcaster.start_deltas(client, BOARD)) for client, _ in followers]
        await asyncio.sleep(0)
        starts[0].cancel()
        sizes = await asyncio.gather(*starts[1:])
        await asyncio.sleep(0)

        # Then each of the others is sent the whole
        assert all(sizes)
        for _, connection in followers[1:]:
            assert [message["rows"] for message in connection.messages] == [ROWS]

    run(redis_url, steps)

    # And Redis was asked for it once
    stats: Any = redis.info("commandstats")
    assert stats["cmdstat_get"]["calls"] == 1


def test_a_board_that_cannot_be_read_is_read_for_who_comes_next(redis: Redis, redis_url: str) -> None:
    redis.set(BOARD, "no board")

    async def steps(broadcaster: Broadcaster) -> None:
        # Given a client that came while there was no board
        early, connection = follower(broadcaster)
        assert await broadcaster.start_deltas(early, BOARD) == 0
        assert connection.messages == []

        # When there is one, and another client comes
        redis.set(BOARD, json.dumps(ROWS))
        late, connection = follower(broadcaster)
        assert await broadcaster.start_deltas(late, BOARD)
        await asyncio.sleep(0)

        # Then that one is sent it
        assert [message["rows"] for message in connection.messages] == [ROWS]

    run(redis_url, steps)


def test_boards_that_are_published_at_once_are_sent_in_one_piece(redis: Redis, redis_url: str) -> None:
    # Given boards that take several reads each
    boards = [board.scanner for board in BOARDS]
    published = json.dumps([{"rank": n, "symbol": f"S{n}", "name": "x" * 500} for n in range(1, 501)])

    async def steps(broadcaster: Broadcaster) -> None:
        running = asyncio.create_task(broadcaster.run())
        while not broadcaster.subscriber.up:
            await asyncio.sleep(0.01)
        client, connection = follower(broadcaster, *boards)
        for board in boards:
            await broadcaster.start_deltas(client, board)
        await broadcaster.settle()
        while len(connection.messages) < len(boards):
            await asyncio.sleep(0.01)
        connection.writes.clear()

        # When they are published at once
        with redis.pipeline() as pipe:
            for board in boards:
                pipe.publish(board, published)
            await asyncio.to_thread(pipe.execute)
        while sum(connection.writes) < len(boards):
            await asyncio.sleep(0.01)

        # Then a client that follows them all is sent them by one write
        assert connection.writes == [len(boards)]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run(redis_url, steps)
