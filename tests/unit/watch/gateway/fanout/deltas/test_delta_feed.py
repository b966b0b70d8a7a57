"""Which deltas a client is sent, and when it is sent the whole board."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from docs.websocket_example import apply_function
from leaderboard.connections.redis_values import InvalidValueError
from tests.support.watch.pausable_connection import PausableConnection
from watch.gateway.counters import Counters
from watch.gateway.fanout.client import Client
from watch.gateway.fanout.deltas.followed_board import FollowedBoard
from watch.gateway.fanout.deltas.projection import WHOLE, Projection
from watch.gateway.fanout.send_queue import SendQueue
from watch.gateway.fanout.text_frame import TextFrame

FEED = "scanners:top_volume"
apply = apply_function()


def board(*prices: float) -> bytes:
    """A board of symbols with these prices."""
    rows = [{"rank": n, "symbol": f"S{n}", "close": price, "name": "x" * 50} for n, price in enumerate(prices, 1)]
    return json.dumps(rows).encode()


class Connection(PausableConnection):
    """Keeps what is written. It is full whenever the test says so.

    Attributes:
        board: what a client makes of the messages.
        messages: that came, whole or delta.
    """

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self.board: dict[str, Any] = {}

    def write(self, frames: Sequence[TextFrame]) -> int:
        for frame in frames:
            message = json.loads(frame.plain[frame.plain.index(b'{"') :])
            assert message.get("base", 0) in (0, self.messages[-1]["seq"] if self.messages else 0)
            self.messages.append(message)
            self.board = apply(self.board, message)
        return super().write(frames)

    @property
    def kinds(self) -> list[str]:
        """What came, in short."""
        return ["delta" if "base" in message else "whole" for message in self.messages]


class Follower:
    """A client that follows the board."""

    def __init__(self, followed: FollowedBoard, counters: Counters, projection: Projection = WHOLE) -> None:
        self.connection = Connection()
        self.client = Client(self.connection, counters, SendQueue())
        self.follow(followed, projection)

    def follow(self, followed: FollowedBoard, projection: Projection = WHOLE) -> None:
        followed.join(self.client, projection)
        feed = followed.feed_of(self.client)
        feed.start(self.client)
        self.client.forward(FEED, feed)


def publish(followed: FollowedBoard, published: bytes, *, restart: bool = False) -> None:
    followed.restart(published) if restart else followed.publish(published)
    for feed in followed.feeds:
        for client in feed.followers:
            client.forward(FEED, feed)


def run(steps: Callable[[FollowedBoard, Counters], Any]) -> None:
    async def running() -> None:
        counters = Counters()
        # What is forwarded is sent at the end of the event loop's turn.
        for _ in steps(FollowedBoard(FEED, counters), counters):
            await asyncio.sleep(0)

    asyncio.run(running())


def test_clients_are_sent_the_whole_once_then_deltas() -> None:
    def steps(followed: FollowedBoard, counters: Counters) -> Any:
        # Given a client that came before the first publication, and one that comes after
        early = Follower(followed, counters)
        publish(followed, board(1, 2, 3))
        yield
        late = Follower(followed, counters)
        yield

        # When more is published, then both have the same deltas
        publish(followed, board(1, 2.5, 3))
        yield
        publish(followed, board(1, 2.5, 3))
        yield
        assert early.connection.kinds == late.connection.kinds == ["whole", "delta", "delta"]
        assert early.connection.messages[1:] == late.connection.messages[1:]
        assert [len(each["rows"]) for each in late.connection.messages] == [3, 1, 0]
        assert list(late.connection.board.values()) == json.loads(board(1, 2.5, 3))
        assert counters.resyncs == 0

    run(steps)


def test_a_client_that_was_slow_for_a_moment_is_sent_the_deltas_that_it_lacks() -> None:
    def steps(followed: FollowedBoard, counters: Counters) -> Any:
        publish(followed, board(*range(50)))
        slow = Follower(followed, counters)
        yield
        slow.connection.paused = True
        for n in (5, 6):
            publish(followed, board(n, *range(1, 50)))
        yield
        assert slow.connection.kinds == ["whole"]

        slow.connection.resume()
        assert slow.connection.kinds == ["whole", "delta", "delta"]
        assert (counters.resyncs, counters.conflated) == (0, 0)

    run(steps)


def test_a_client_whose_deltas_would_be_longer_than_the_board_is_sent_that() -> None:
    def steps(followed: FollowedBoard, counters: Counters) -> Any:
        publish(followed, board(*range(50)))
        slow, quick = Follower(followed, counters), Follower(followed, counters)
        yield
        slow.connection.paused = True
        for n in range(9):
            publish(followed, board(*(n + k / 8 for k in range(50))))
            yield

        slow.connection.resume()
        assert slow.connection.kinds == ["whole", "whole"]
        assert quick.connection.kinds == ["whole", *["delta"] * 9]
        assert slow.connection.board == quick.connection.board
        assert counters.resyncs == 1

        # And goes on with deltas
        publish(followed, board(*range(50)))
        yield
        assert slow.connection.kinds == ["whole", "whole", "delta"]
        assert slow.connection.board == quick.connection.board

    run(steps)


def test_after_an_outage_or_junk_everybody_is_sent_the_whole() -> None:
    def steps(followed: FollowedBoard, counters: Counters) -> Any:
        publish(followed, board(1, 2))
        follower = Follower(followed, counters)
        yield
        publish(followed, board(1, 3), restart=True)
        yield
        with pytest.raises(InvalidValueError, match=FEED):
            followed.publish(b"[7]")
        assert not followed.is_known
        # Nobody is sent anything of what is no board, nor the board before it.
        late = Follower(followed, counters)
        yield
        assert late.connection.kinds == []
        publish(followed, board(1, 4))
        yield
        assert follower.connection.kinds == ["whole", "whole", "whole"]
        assert late.connection.kinds == ["whole"]
        assert [message["seq"] for message in follower.connection.messages] == [1, 2, 3]

    run(steps)


def test_who_has_left_is_sent_nothing_and_who_joins_again_the_whole() -> None:
    def steps(followed: FollowedBoard, counters: Counters) -> Any:
        publish(followed, board(1))
        follower = Follower(followed, counters)
        yield
        # Given a client that leaves while a delta waits for it
        follower.connection.paused = True
        publish(followed, board(2))
        followed.leave(follower.client)
        assert follower.client not in followed.clients
        assert followed.is_unused
        follower.connection.resume()
        assert follower.connection.kinds == ["whole"]

        # When it joins again, then nothing comes before it starts
        followed.join(follower.client, WHOLE)
        publish(followed, board(3))
        yield
        assert follower.connection.kinds == ["whole"]
        followed.feed_of(follower.client).start(follower.client)
        follower.client.forward(FEED, followed.feed_of(follower.client))
        yield
        assert follower.connection.kinds == ["whole", "whole"]
        assert (follower.connection.board["S1"]["close"], counters.resyncs) == (3, 0)

    run(steps)


def test_each_client_is_sent_its_projection() -> None:
    def steps(followed: FollowedBoard, counters: Counters) -> Any:
        # Given two clients of one projection and one of the whole board
        first = Projection(frozenset({"close"}), limit=1)
        one, two = (Follower(followed, counters, first) for _ in range(2))
        all_ = Follower(followed, counters)
        publish(followed, board(1, 2))
        yield
        assert len(followed.feeds) == 2
        assert list(one.connection.board.values()) == [{"rank": 1, "symbol": "S1", "close": 1}]

        # When a row changes that is not of the projection, then its clients are sent no row
        publish(followed, board(1, 3))
        yield
        assert one.connection.messages == two.connection.messages
        assert one.connection.messages[-1] == {"feed": FEED, "seq": 2, "base": 1, "rows": [], "gone": []}
        assert list(all_.connection.board.values()) == json.loads(board(1, 3))

        # And who chooses another one is sent that whole, also before the next publication
        one.follow(followed)
        two.follow(followed, Projection(limit=2))
        yield
        assert [each.connection.kinds[-1] for each in (one, two)] == ["whole", "whole"]
        assert one.connection.board == two.connection.board == all_.connection.board
        assert followed.projections == {WHOLE, Projection(limit=2)}

    run(steps)


def test_junk_ends_all_projections_and_the_next_board_comes_whole() -> None:
    def steps(followed: FollowedBoard, counters: Counters) -> Any:
        follower = Follower(followed, counters, Projection(limit=1))
        publish(followed, board(1, 2))
        yield
        with pytest.raises(InvalidValueError):
            followed.publish(b"junk")
        publish(followed, board(3, 2))
        publish(followed, board(4, 2), restart=True)
        yield
        assert follower.connection.kinds == ["whole", "whole", "whole"]
        assert [row["close"] for row in follower.connection.board.values()] == [4]

    run(steps)


PRICES = some.lists(some.sampled_from([1.0, 2.0, 3.5]), max_size=4)
STEPS = some.lists(some.tuples(some.booleans(), some.booleans(), some.none() | PRICES), max_size=20)
PROJECTIONS = some.builds(
    Projection,
    fields=some.none() | some.frozensets(some.sampled_from(["close", "name", "other"])),
    limit=some.none() | some.integers(1, 4),
)


@given(STEPS, PROJECTIONS)
def test_whatever_a_client_takes_and_misses_it_has_the_board_in_the_end(
    published: list[tuple[bool, bool, list[float] | None]], projection: Projection
) -> None:
    """Given a client that is now slow, now quick, and outages and junk, then it ends with the newest board."""

    def steps(followed: FollowedBoard, counters: Counters) -> Any:
        follower = Follower(followed, counters, projection)
        for is_slow, restart, prices in published:
            if follower.connection.paused and not is_slow:
                follower.connection.resume()
            follower.connection.paused = is_slow
            if prices is None:
                with pytest.raises(InvalidValueError):
                    followed.publish(b"junk")
            else:
                publish(followed, board(*prices), restart=restart)
            yield
        publish(followed, board(7, 8))
        follower.connection.resume()
        yield
        names = projection.fields if projection.fields is not None else {"close", "name"}
        assert list(follower.connection.board.values()) == [
            {name: value for name, value in row.items() if name in {"rank", "symbol", *names}}
            for row in json.loads(board(7, 8))[: projection.limit]
        ]

    run(steps)
