"""``python -m feeds massive`` as a user meets it, against a server that speaks the service's wire."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from redis import Redis

from config.celery import AGGS
from config.settings import Settings, settings
from deploy.redis_server import RedisServer, free_port
from tests.support.boards import assert_as_expected, totals
from tests.support.collector import Collector
from tests.support.market import bar
from tests.support.massive.stream import KEY, MassiveServer
from tests.support.messages.queued import queued_events
from tests.support.oracle import expected
from tests.support.processes import Processes
from tests.support.waiting import eventually

#: Twenty symbols through the pre-market and the open.
BARS = [
    {"ev": "A"} | bar(f"S{n % 20}", f"{clock}:{n // 20:02}", close=10 + n % 7 + n % 20)
    for clock in ("09:29", "09:30")
    for n in range(200)
]


@pytest.fixture
def server() -> Iterator[MassiveServer]:
    with MassiveServer() as server:
        yield server


def start(processes: Processes, server: MassiveServer, name: str, *options: str, **environment: str) -> None:
    """Start a feed."""
    processes.start(
        name,
        "feeds",
        "massive",
        *options,
        **{"MASSIVE_API_KEY": KEY, "MASSIVE_SOCKET_URL": server.url} | environment,
    )


def frames(bars: list[dict[str, Any]], size: int = 7) -> Iterator[list[dict[str, Any]]]:
    for at in range(0, len(bars), size):
        yield bars[at : at + size]


def test_the_live_market_fills_the_boards(processes: Processes, server: MassiveServer, redis: Redis) -> None:
    # Given a worker and a feed
    processes.worker("worker")
    start(processes, server, "feed")
    server.await_subscribers()
    # When a market's bars come in frames, and other events beside them
    batches = [*frames(BARS)]
    for some in batches:
        server.publish(*some)
        server.send(json.dumps([{"ev": "LULD", "T": "S1"}, *some[:1]]))
    # Then the boards are the oracle's
    eventually(lambda: totals(redis).processed == len(BARS) + len(batches))
    processes.await_log("feed", "bars sent")
    processes.signal("feed", signal.SIGTERM)
    processes.await_end("feed")
    eventually(lambda: not Redis.from_url(settings().celery_broker_url).exists(AGGS, "unacked"))
    assert_as_expected(redis, expected(BARS))
    # And its last word is what it sent, and what not
    count = len(BARS) + len(list(frames(BARS)))
    last = processes.log("feed").splitlines()[-1]
    assert last.startswith(f"Stopped after {count} bars in ")
    assert last.endswith(f"ignored: {len(list(frames(BARS)))} LULD.")


@pytest.mark.skipif("MARKET_DATA" not in os.environ, reason="MARKET_DATA names no folder of market data")
def test_captured_bars_are_sent_as_received(processes: Processes, server: MassiveServer, broker: Redis) -> None:
    # Given a feed of seconds and minutes
    start(processes, server, "feed", "--feed", "A.*,AM.*")
    server.await_subscribers()
    # When captured frames come
    lines = (Path(os.environ["MARKET_DATA"]) / "massive" / "ws_frames.jsonl").read_bytes().splitlines()
    captured = [json.loads(line)["frame"] for line in lines]
    for frame in captured:
        server.send(json.dumps(frame))
    # Then their bars are in the queue, with all of their fields
    bars = [event for frame in captured for event in frame if event["ev"] in ("A", "AM")]
    eventually(lambda: broker.llen(AGGS) == len(bars))
    assert queued_events(broker) == bars


@pytest.mark.parametrize("shared", [False, True], ids=["other symbols", "the same symbols"])
def test_feeds_side_by_side_leave_the_same_boards(
    processes: Processes, server: MassiveServer, redis: Redis, broker: Redis, shared: bool
) -> None:
    # Given two feeds, of half of the symbols each or all of them both, and two workers
    for name in ("worker1", "worker2"):
        processes.worker(name)
    halves = [",".join(f"A.S{n}" for n in range(first, 20, 2)) for first in (0, 1)]
    for name, half in zip(("even", "odd"), halves, strict=True):
        start(processes, server, name, "--feed", "A.*" if shared else half)
    server.await_subscribers(2)
    # When a market's bars come
    for some in frames(BARS):
        server.publish(*some)
    # Then each feed sends what it asked for
    for name in ("even", "odd"):
        count = len(BARS) if shared else len(BARS) // 2
        # Told only every few seconds.
        processes.await_log(name, f"{count} bars sent")
        processes.signal(name, signal.SIGINT)
        processes.await_end(name)
        assert f"Stopped after {count} bars" in processes.log(name)
    # And the boards are the oracle's all the same
    eventually(lambda: not broker.exists(AGGS, "unacked"))
    assert_as_expected(redis, expected(BARS))


def test_a_broker_that_goes_away_and_comes_back_misses_no_bar(
    processes: Processes, server: MassiveServer, tmp_path: Path
) -> None:
    # Given a feed that sends bars to a broker of its own
    queue = RedisServer(tmp_path / "broker", None, "--appendfsync", "always").start()
    start(processes, server, "feed", CELERY_BROKER_URL=queue.url())
    server.await_subscribers()
    client = Redis(port=queue.port)
    server.publish(*BARS[:100])
    eventually(lambda: client.llen(AGGS) == 100)
    # When the broker goes away while bars come
    queue.kill()
    for some in frames(BARS[100:]):
        server.publish(*some)
    processes.await_log("feed", f"The broker, {queue.url()}, failed")
    processes.await_log("feed", " buffered, ")
    queue.start()
    # Then all are in its queue once it is back
    eventually(lambda: client.llen(AGGS) >= len(BARS))
    processes.await_log("feed", "the broker takes bars again")
    processes.signal("feed", signal.SIGTERM)
    processes.await_end("feed")
    assert f"Stopped after {len(BARS)} bars" in processes.log("feed")
    assert server.greeted == 1
    queue.stop()


def test_a_feed_that_stops_sends_buffered_bars(processes: Processes, server: MassiveServer, broker: Redis) -> None:
    # Given a feed whose queue is too deep, with bars in its buffer
    start(processes, server, "feed", QUEUE_BOUND="10")
    server.await_subscribers()
    for some in frames(BARS, 100):
        server.publish(*some)
        eventually(lambda: broker.llen(AGGS) >= 100)
    processes.await_log("feed", "waiting: ")
    assert broker.llen(AGGS) < len(BARS)
    # When it is stopped
    processes.signal("feed", signal.SIGTERM)
    processes.await_end("feed")
    # Then they are sent
    assert broker.llen(AGGS) == len(BARS)
    assert f"Stopped after {len(BARS)} bars" in processes.log("feed")


def test_a_feed_that_cannot_send_buffered_bars_says_so(processes: Processes, server: MassiveServer) -> None:
    # Given a feed without a broker
    start(processes, server, "feed", CELERY_BROKER_URL=f"redis://:secret@127.0.0.1:{free_port()}/1")
    server.await_subscribers()
    server.publish(*BARS)
    processes.await_log("feed", "400 bars are buffered")
    # When it is stopped, impatiently
    processes.signal("feed", signal.SIGINT)
    time.sleep(0.3)
    processes.signal("feed", signal.SIGINT)
    processes.await_end("feed", 5)
    # Then it says what was not sent
    log = processes.log("feed")
    assert log.endswith("400 buffered bars were not sent. 0 bars had been sent.\n")
    assert "secret" not in log
    assert "Traceback" not in log


def test_without_a_key_it_says_so(processes: Processes) -> None:
    # Given no key
    # When the live market is asked for
    feed = processes.run("feeds", "massive", environment={"MASSIVE_API_KEY": ""})
    # Then one line says what is missing
    assert feed.returncode == 1
    assert feed.stderr == "MASSIVE_API_KEY is not set: the live market needs a key of the market data service.\n"


def test_a_refused_key_ends_it_and_is_shown_nowhere(processes: Processes, server: MassiveServer) -> None:
    # Given a key that the service does not know, and logging of everything
    environment = {"MASSIVE_API_KEY": "wrong-key", "MASSIVE_SOCKET_URL": server.url, "LOG_LEVEL": "DEBUG"}
    # When the live market is asked for
    feed = processes.run("feeds", "massive", environment=environment)
    # Then the last line says that it was refused
    assert feed.returncode == 1
    said = feed.stderr.splitlines()[-1]
    assert said == (
        f"{server.url}/stocks refuses the key in MASSIVE_API_KEY: authentication failed. 0 bars had been sent."
    )
    # And the key is in no line
    assert server.asked[0]["params"] == "wrong-key"
    assert "wrong-key" not in feed.stdout + feed.stderr


def test_a_channel_that_is_none_is_named(processes: Processes) -> None:
    feed = processes.run("feeds", "massive", "--feed", "A.*,T.AAPL", environment={"COLUMNS": "200"})
    assert feed.returncode == 2
    assert "'T.AAPL' is no channel of bars" in feed.stderr


def test_bars_whose_time_is_in_another_unit_do_not_end_it(
    processes: Processes, server: MassiveServer, broker: Redis
) -> None:
    # Given a feed
    start(processes, server, "feed")
    server.await_subscribers()
    # When bars in nanoseconds and seconds come, and one that is in order
    for end in (1788877044000000000, 10**18, 1788877044, 1788877044000):
        server.publish({"ev": "A", "sym": "ODD", "c": 1, "s": end, "e": end})
    # Then all are sent, and it goes on
    eventually(lambda: broker.llen(AGGS) == 4)
    processes.await_log("feed", "2026-09-08 10:17:24 ET, 4 bars sent")


@pytest.mark.parametrize("url", ["wss://h/stocks", "wss://h?x=1", "wss://h/#f"])
def test_a_url_with_more_than_the_place_of_the_service_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="the path of the market is added to it"):
        Settings(massive_socket_url=url)


def test_a_url_in_capitals_is_no_less_encrypted() -> None:
    assert Settings(massive_socket_url=" WSS://h/ ").massive_socket_url == "wss://h"


def test_a_url_that_would_show_a_password_is_refused() -> None:
    with pytest.raises(ValidationError, match="holds no user or password"):
        Settings(massive_socket_url="wss://user:secret@h")


def test_a_url_that_is_none_is_named(processes: Processes) -> None:
    feed = processes.run("feeds", "massive", environment={"MASSIVE_SOCKET_URL": "https://socket.massive.com"})
    assert feed.returncode == 1
    assert feed.stderr.startswith("Wrong setting MASSIVE_SOCKET_URL: ")
    assert feed.stderr.count("\n") == 1


@pytest.mark.parametrize("fast_lane", ["1", "0"])
def test_bars_are_sent_in_both_lanes(
    processes: Processes, server: MassiveServer, broker: Redis, fast_lane: str
) -> None:
    # Given a feed
    start(processes, server, "feed", FAST_LANE=fast_lane)
    server.await_subscribers()
    # When bars come
    server.publish(*BARS[:50])
    # Then they are in the queue
    eventually(lambda: broker.llen(AGGS) == 50)


def test_it_reports_to_a_collector(processes: Processes, server: MassiveServer, redis: Redis) -> None:
    # Given a feed that the standard variables send to a collector
    collector = Collector()
    asked = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_METRIC_EXPORT_INTERVAL": "300"}
    start(processes, server, "feed", **asked)
    server.await_subscribers()
    # When frames come, the bars of which are 7 seconds old, and the connection is lost
    old = int(time.time() * 1000) - 7000
    server.publish(*({"ev": "A", "sym": f"S{n}", "c": 1, "s": old - 1000, "e": old} for n in range(30)))
    server.send(json.dumps([{"ev": "LULD"}, {"ev": "T"}]))
    server.send("no json")
    server.drop()
    server.await_subscribers(0)
    server.await_subscribers()
    # Then every figure arrives
    sums = {"lba.feed.sent": 30, "lba.feed.malformed": 1, "lba.feed.losses": 1}
    eventually(lambda: sums.items() <= collector.sums.items())
    eventually(lambda: collector.gauges["lba.feed.connected"][-1] == 1)
    kinds = {"A": 30, "LULD": 1, "T": 1}
    assert {kind: collector.kinds["lba.feed.events", kind] for kind in kinds} == kinds
    assert 7 <= collector.gauges["lba.feed.lag"][-1] < 12
    assert collector.gauges["lba.feed.pending"][-1] == 0
    # Two of each connection's beginning besides.
    eventually(lambda: collector.sums["lba.feed.frames"] >= 3 + 2 * 3)
    collector.server.shutdown()
