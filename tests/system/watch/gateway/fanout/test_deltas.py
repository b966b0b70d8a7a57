"""A client that follows a board by deltas has it as it was published, after each publication."""

import json
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from websockets.sync.client import ClientConnection

from deploy.redis_server import RedisServer
from docs.websocket_example import apply_function
from leaderboard import keys
from leaderboard.system import System
from tests.support.market import bar
from tests.support.waiting import eventually
from tests.support.watch.gateways import (
    GAINERS,
    VOLUME,
    Gateway,
    ask,
    eventually_healthy,
    follow,
    is_silent,
    publish,
    received,
    subscribe,
)
from watch.gateway.limits import PROJECTIONS

apply = apply_function()

ONE = '[{"rank":1,"symbol":"A","close":1.50}]'
TWO = '[{"rank":1,"symbol":"B","close":2},{"rank":2,"symbol":"A","close":1.5}]'


def test_a_board_is_followed(watcher: ClientConnection, system: System, redis: Redis) -> None:
    # Given a market, and a client that follows its board
    system.process([bar(symbol, "09:30:00", close=close) for symbol, close in (("A", 10), ("B", 11), ("C", 12))])
    eventually(lambda: system.publish().result == "published")
    board = apply({}, follow(watcher, GAINERS))
    assert list(board.values()) == json.loads(redis.get(GAINERS) or "")

    # When rows change, come and go, then what it is sent makes the published board
    for second, symbol, close in ((1, "A", 20), (2, "B", 30), (3, "D", 25)):
        system.process([bar(symbol, f"09:30:0{second}", close=close)])
        eventually(lambda: system.publish().result == "published")
        message = json.loads(received(watcher))
        assert [row["symbol"] for row in message["rows"]] == [symbol]
        board = apply(board, message)
        assert list(board.values()) == json.loads(redis.get(GAINERS) or "")


def test_some_fields_of_the_first_rows_are_followed(
    watcher: ClientConnection, system: System, redis: Redis
) -> None:
    # Given a board of three, of which a client follows the first two, by two fields
    names = ["close", "volume"]
    system.process([bar(symbol, "09:30:00", close=close) for symbol, close in (("A", 10), ("B", 11), ("C", 12))])
    eventually(lambda: system.publish().result == "published")
    board = apply({}, follow(watcher, GAINERS, fields=names, limit=2))
    assert all(row.keys() == {"rank", "symbol", *names} for row in board.values())

    # When the last becomes the first, then it is sent with those fields, and the one that falls out is gone
    system.process([bar("A", "09:30:01", close=20)])
    eventually(lambda: system.publish().result == "published")
    message = json.loads(received(watcher))
    assert (message["order"], message["gone"]) == (["A", "C"], ["B"])
    assert [row.keys() for row in message["rows"]] == [{"symbol", *names}]
    published = json.loads(redis.get(GAINERS) or "")
    assert list(apply(board, message).values()) == [
        {name: row[name] for name in ("rank", "symbol", *names)} for row in published[:2]
    ]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        ({"mode": "delta", "fields": ["clsoe"]}, f"the rows of {VOLUME!r} have no field 'clsoe'"),
        ({"mode": "delta", "fields": ["volume_1m"]}, f"the rows of {VOLUME!r} have no field 'volume_1m'"),
        (
            {"limit": 3},
            "fields and limit are of the mode delta: whole publications are forwarded as they are",
        ),
    ],
)
def test_a_projection_that_cannot_be_made_is_refused(
    watcher: ClientConnection, request_: dict[str, Any], reason: str
) -> None:
    answer = ask(watcher, {"action": "subscribe", "feed": VOLUME} | request_)

    assert answer == {"status": "error", "message": reason}


def test_there_is_a_bound_on_projections(gateway: Gateway, watcher: ClientConnection) -> None:
    # Given as many projections as there can be, of several clients as one has one of each board
    with ExitStack() as stack:
        clients = [stack.enter_context(gateway.connect()) for _ in range(PROJECTIONS)]
        for rows, client in enumerate(clients, 1):
            follow(client, VOLUME, limit=rows)

        # Then one more is refused; the whole board and a projection of somebody else's are not
        answer = ask(watcher, {"action": "subscribe", "feed": GAINERS, "mode": "delta", "limit": 1})
        assert answer["message"].startswith(f"all clients together follow {PROJECTIONS} choices")
        follow(watcher, GAINERS)
        follow(watcher, VOLUME, limit=7)

        # And who is alone with a projection may exchange it for another, but not who shares it
        follow(clients[0], VOLUME, limit=PROJECTIONS + 1)
        answer = ask(clients[6], {"action": "subscribe", "feed": VOLUME, "mode": "delta", "limit": 1})
        assert answer["message"].startswith(f"all clients together follow {PROJECTIONS} choices")


def test_all_followers_have_the_same(gateway: Gateway, watcher: ClientConnection, redis: Redis) -> None:
    # Given a board that is not published yet, and a client that follows it
    assert follow(watcher, VOLUME) == {"feed": VOLUME, "seq": 1, "rows": []}
    publish(redis, VOLUME, ONE)
    first = json.loads(received(watcher))
    assert first == {
        "feed": VOLUME,
        "seq": 2,
        "base": 1,
        "order": ["A"],
        "rows": [{"symbol": "A", "close": 1.5}],
        "gone": [],
    }

    # When another one comes, then it begins where the board stands, and both go on alike
    with gateway.connect() as other:
        assert follow(other, VOLUME) == {"feed": VOLUME, "seq": 2, "rows": json.loads(ONE)}
        publish(redis, VOLUME, TWO)
        assert received(other) == received(watcher)

    # And after it has unsubscribed, it is sent nothing
    assert ask(watcher, {"action": "unsubscribe", "feed": VOLUME})["status"] == "unsubscribed"
    eventually(lambda: redis.publish(VOLUME, ONE) == 0)
    assert is_silent(watcher)


def test_the_last_mode_wins(watcher: ClientConnection, redis: Redis) -> None:
    # Given a client of a pattern that follows one of its boards by deltas
    subscribe(watcher, "scanners:*", VOLUME)
    follow(watcher, VOLUME)

    # Then it has the one as deltas alone, the others whole
    publish(redis, VOLUME, ONE)
    publish(redis, GAINERS, ONE)
    assert json.loads(received(watcher))["base"] == 1
    assert received(watcher) == ONE

    # And to subscribe without deltas ends them
    subscribe(watcher, VOLUME)
    publish(redis, VOLUME, TWO)
    assert received(watcher) == TWO
    assert is_silent(watcher)

    # And to ask for them anew brings the whole
    assert follow(watcher, VOLUME)["rows"] == json.loads(TWO)
    assert follow(watcher, VOLUME)["rows"] == json.loads(TWO)


@pytest.mark.parametrize("feed", ["quote:AAPL", "quote:*", "scanners:*", "scanners:top_[v]olume"])
def test_what_has_no_deltas_is_refused(watcher: ClientConnection, redis: Redis, feed: str) -> None:
    answer = ask(watcher, {"action": "subscribe", "feed": feed, "mode": "delta"})

    assert answer == {
        "status": "error",
        "message": f"{feed!r} has no deltas: boards and screens have, each by its name",
    }
    assert redis.publish(feed, "{}") == 0


def test_the_whole_follows_junk_that_is_named(gateway: Gateway, watcher: ClientConnection, redis: Redis) -> None:
    # Given a key that does not contain a board: its follower waits for one
    redis.set(GAINERS, "junk")
    answer = {"status": "subscribed", "feed": GAINERS, "mode": "delta"}
    assert ask(watcher, {"action": "subscribe", "feed": GAINERS, "mode": "delta"}) == answer
    # Answers come in order, so the key has been read by now.
    assert is_silent(watcher)
    publish(redis, GAINERS, ONE)
    assert json.loads(received(watcher)) == {"feed": GAINERS, "seq": 1, "rows": json.loads(ONE)}

    # When something else is published, then the health names it, and the next board comes whole
    publish(redis, GAINERS, '[{"rank":1}]')
    publish(redis, GAINERS, TWO)
    assert json.loads(received(watcher)) == {"feed": GAINERS, "seq": 2, "rows": json.loads(TWO)}
    assert GAINERS in gateway.get("/healthz").json()["parts"]["gateway"]["why"]


def test_a_slow_client_is_sent_the_whole_again(gateway: Gateway, watcher: ClientConnection, redis: Redis) -> None:
    def board(n: int) -> str:
        rows = [{"rank": k, "symbol": f"S{k}", "n": n, "text": f"{n}" * 100} for k in range(1, 2_000)]
        return json.dumps(rows)

    # Given a client that reads nothing for a while, and one that does
    redis.set(VOLUME, board(0))
    follow(watcher, VOLUME)
    with gateway.connect(compression=None, max_queue=1) as slow:
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        message = follow(slow, VOLUME)
        followed: dict[str, Any] = apply({}, message)
        before = gateway.metric("gateway_resyncs_total")

        # When far more is published than its connection buffers
        for n in range(1, 41):
            publish(redis, VOLUME, board(n))
            assert json.loads(received(watcher))["base"] == n

        # Then it has some deltas, and at last the whole, which is the newest
        while message["seq"] < 41:
            seq, message = message["seq"], json.loads(received(slow))
            assert message.get("base", seq) == seq
            followed = apply(followed, message)
        assert "base" not in message
        assert list(followed.values()) == json.loads(board(40))
    assert gateway.metric("gateway_resyncs_total") == before + 1


def test_followers_outlive_redis(tmp_path: Path) -> None:
    # Given a client that follows a board, on a Redis of its own
    server = RedisServer(tmp_path / "redis").start()
    gateway = Gateway(tmp_path, REDIS_URL=server.url(), CELERY_BROKER_URL=server.url(1))
    redis = Redis.from_url(server.url())
    try:
        redis.set(VOLUME, ONE)
        with gateway.connect() as client:
            follow(client, VOLUME)

            # When Redis is gone, another board can be followed all the same
            server.stop()
            eventually_healthy(gateway, "subscription", ok=False)
            answer = ask(client, {"action": "subscribe", "feed": GAINERS, "mode": "delta"})
            assert answer == {"status": "subscribed", "feed": GAINERS, "mode": "delta"}
            screen = ask(client, {"action": "subscribe", "feed": keys.screen("losers"), "mode": "delta"})
            assert screen == {"status": "error", "message": "the boards cannot be reached at the moment"}

            # And when it is back, the whole of both comes
            server.start()
            redis.mset({VOLUME: TWO, GAINERS: ONE})
            redis.client_kill_filter(_type="pubsub")
            came: dict[str, Any] = {}
            while [came.get(VOLUME), came.get(GAINERS)] != [json.loads(TWO), json.loads(ONE)]:
                message = json.loads(received(client))
                assert "base" not in message
                came[message["feed"]] = message["rows"]
    finally:
        gateway.stop()
        server.stop()
